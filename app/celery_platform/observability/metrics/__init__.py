"""Prometheus metrics of a worker, served by the worker itself, so that the broker does not need to carry events."""
