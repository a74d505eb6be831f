"""Defects of the pinned Celery and kombu. Each has a guard in a file of its own, which says when it is unnecessary."""
