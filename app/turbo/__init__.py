"""Celery at the speed of its parts: a worker of lone processes, prepared publishing, batches where brokers have them."""
