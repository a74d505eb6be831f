"""Celery at the speed of its parts: lone processes, prepared publishing, batches where a broker has them."""
