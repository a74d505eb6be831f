"""The emulated region: what stands behind the AWS endpoint that an environment names.

Nothing in terraform/, ansible/ or celery_platform imports this package or knows that it exists.
"""
