"""Render the rule file of an environment in Prometheus's format."""

from collections.abc import Mapping
from typing import Any

import yaml

from celery_platform.observability.alerts import broker, dead_man_switch, outbox, queues, workers
from celery_platform.observability.alerts.alert import Alert, Thresholds

# How often rules are evaluated. If scrapes are as frequent, a stalled queue is reported within a minute.
INTERVAL = "10s"
HEADER = "# Generated from environment.yml by `make render`. The runbook of each alert is named in its annotations.\n"


def all_alerts(thresholds: Thresholds) -> list[Alert]:
    """Every alert of an environment, but for the one that always fires."""
    return [*queues.alerts(thresholds), *workers.alerts(thresholds), *broker.alerts(thresholds), *outbox.alerts()]


def rules(resolved: Mapping[str, Any]) -> dict[str, Any]:
    """The recording rules and alerts of an environment."""
    thresholds = Thresholds.of(resolved)
    firing = [*all_alerts(thresholds), *dead_man_switch.alerts(resolved)]
    recorded = [*queues.recorded(thresholds), *workers.recorded(thresholds)]
    return {
        "groups": [
            {"name": "celery-recorded", "interval": INTERVAL, "rules": recorded},
            {
                "name": "celery-alerts",
                "interval": INTERVAL,
                "rules": [alert.rule(resolved["alerts"]["runbook_base_url"]) for alert in firing],
            },
        ]
    }


def to_text(resolved: Mapping[str, Any]) -> str:
    """The text of the rule file.

    Example: `to_text(resolve(load("prod")))` is `environments/prod/prometheus_rules.yml`.
    """
    return HEADER + yaml.safe_dump(rules(resolved), sort_keys=False, width=1000)
