"""The emulated region: everything behind the AWS endpoint of an environment.

Nothing in terraform/, ansible/ or celery_platform imports or depends on this package.
"""
