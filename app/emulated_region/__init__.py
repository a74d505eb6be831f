"""The emulated region: what stands behind the AWS endpoint that this environment names.

Nothing in terraform/, ansible/ or app/ imports this package or knows that it exists.
"""
