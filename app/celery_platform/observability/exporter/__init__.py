"""What only the broker knows, for Prometheus: depth, messages in flight, age of the oldest, consumers, dead letters.

It asks in the background and answers a scrape from memory. It imports neither Celery nor kombu, which keeps it small.
"""
