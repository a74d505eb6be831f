"""Grafana dashboards, made from lists of panels by `python -m celery_platform.observability.dashboards.render`."""
