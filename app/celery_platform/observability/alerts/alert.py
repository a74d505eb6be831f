"""The type of an alert, and the thresholds that alerts use."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

RUNBOOK = "app/celery_platform/observability/alerts/README.md"


@dataclass(frozen=True)
class Thresholds:
    """The thresholds of the rules: section `alerts` of resolved.json."""

    queue_length: int
    queue_wait_seconds: int
    queue_wait_objective: float
    oldest_message_seconds: int
    failure_ratio: float
    failure_minimum: int
    dead_letters: int
    worker_restarts: int
    memory_ratio: float
    beat_silent_seconds: int

    @classmethod
    def of(cls, resolved: Mapping[str, Any]) -> "Thresholds":
        """The thresholds of an environment's resolved values.

        Example: `Thresholds.of({"alerts": {...}}).queue_length == 500`
        """
        return cls(**{name: resolved["alerts"][name] for name in cls.__dataclass_fields__})


@dataclass(frozen=True)
class Alert:
    """An alerting rule.

    `lasting` is how long the expression must hold before the alert fires. A `page` wakes somebody up; a `ticket` can
    wait until the morning. `summary` may contain labels of the expression in Prometheus's syntax: `{{
    $labels.queue_name }}`.
    """

    name: str
    expression: str
    lasting: str
    severity: Literal["page", "ticket"]
    summary: str

    def rule(self, runbook_base_url: str | None = None) -> dict[str, Any]:
        """The rule in Prometheus's format. `runbook` is a path in this repository, `runbook_url` the link to it.

        Without a base URL, both are the path: it is not a link, but people can still find the page.

        Example: `alert.rule("https://git.example.com/celery/blob/main")["annotations"]["runbook_url"]`
        """
        runbook = f"{RUNBOOK}#{self.name.lower()}"
        runbook_url = f"{runbook_base_url.rstrip('/')}/{runbook}" if runbook_base_url else runbook
        return {
            "alert": self.name,
            "expr": self.expression,
            "for": self.lasting,
            "labels": {"severity": self.severity},
            "annotations": {"summary": self.summary, "runbook": runbook, "runbook_url": runbook_url},
        }
