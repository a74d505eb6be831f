"""Defects of the pinned Celery and kombu, each guarded in a file of its own with the version that ends the need."""
