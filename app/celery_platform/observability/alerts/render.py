"""The rule file of an environment, as Prometheus loads it."""

from collections.abc import Mapping
from typing import Any

import yaml

from celery_platform.observability.alerts import broker, queues, workers
from celery_platform.observability.alerts.alert import Alert, Thresholds

# How often rules are evaluated: with scrapes as frequent, a queue that stops is reported within a minute.
INTERVAL = "10s"
HEADER = "# Made from environment.yml by `make render`; its README says what to do.\n"


def all_alerts(thresholds: Thresholds) -> list[Alert]:
    """Every alert of an environment."""
    return [*queues.alerts(thresholds), *workers.alerts(thresholds), *broker.alerts(thresholds)]


def rules(resolved: Mapping[str, Any]) -> dict[str, Any]:
    """Recording rules and alerts."""
    thresholds = Thresholds.of(resolved)
    recorded = [*queues.recorded(thresholds), *workers.recorded(thresholds)]
    return {
        "groups": [
            {"name": "celery-recorded", "interval": INTERVAL, "rules": recorded},
            {
                "name": "celery-alerts",
                "interval": INTERVAL,
                "rules": [alert.rule(resolved["alerts"]["runbook_base_url"]) for alert in all_alerts(thresholds)],
            },
        ]
    }


def to_text(resolved: Mapping[str, Any]) -> str:
    """The file's text.

    Example: `to_text(resolve(load("prod")))` is `environments/prod/prometheus_rules.yml`.
    """
    return HEADER + yaml.safe_dump(rules(resolved), sort_keys=False, width=1000)
