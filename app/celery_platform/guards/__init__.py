"""Guards against defects of the pinned Celery and kombu. Each file says which upstream change makes it unnecessary."""
