"""Structured logs: JSON for machines, a readable format for people, and one line per finished attempt at a task."""
