"""Production Celery: the environment model, the Celery app, its tasks and its command line."""
