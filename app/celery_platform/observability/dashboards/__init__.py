"""Grafana dashboards, generated from lists of panels by `python -m celery_platform.observability.dashboards.render`."""
