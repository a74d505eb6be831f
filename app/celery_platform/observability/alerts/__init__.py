"""Prometheus rules of an environment, made from its thresholds. Each alert's runbook is a section of README.md here."""
