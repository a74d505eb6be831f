"""Structured logs: JSON for machines, a readable form for people, one line for each end of an attempt at a task."""
