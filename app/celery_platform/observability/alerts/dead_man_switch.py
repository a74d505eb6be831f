"""The alert that always fires: where it stays away, nobody would hear of any other."""

from collections.abc import Mapping
from typing import Any

from celery_platform.observability.alerts.alert import Alert

# Alertmanager sends it every minute to the dead man's switch, and to nobody else.
ALWAYS = Alert(
    "CeleryDeadManSwitch", "vector(1)", "0s", "ticket",
    "Prometheus evaluates its rules and Alertmanager sends what fires: this alert always does.",
)  # fmt: skip


def alerts(resolved: Mapping[str, Any]) -> list[Alert]:
    """The alert, if the environment has a switch that waits for it.

    Example: `alerts({"alerts": {"dead_man_switch": False}}) == []`
    """
    return [ALWAYS] if resolved["alerts"]["dead_man_switch"] else []
