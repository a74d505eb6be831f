"""Metrics that only the broker has: backlog, age of the oldest message, consumers, dead-lettered messages.

The exporter polls the broker in the background and answers a scrape from memory. To stay small, it imports neither
Celery nor kombu.
"""
