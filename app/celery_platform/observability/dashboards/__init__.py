"""Grafana dashboards, made from lists of panels by `python -m app.observability.dashboards.render`."""
