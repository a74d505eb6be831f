"""Prometheus metrics of a worker, kept and served by the worker itself, so that no broker need carry events."""
