"""What a relay says in the store about the outbox each time it has read it. This file imports neither store nor Celery.

`<prefix>:outbox` has the last report of any relay: all of them read the same tables. The exporter has no way to the
application's database, and a relay serves no metrics.
"""

import json
from dataclasses import asdict, dataclass

from celery_platform.observability.reports import known_fields

# A relay reads and tells this often.
REPORT_SECONDS = 5
KEPT_SECONDS = 7 * 86_400


@dataclass(frozen=True)
class OutboxReport:
    """The outbox at the moment `at`, in seconds since 1970.

    `waiting` and `refused` are the rows of its two tables, counted up to a bound (`outbox.reading`). `oldest_seconds`
    is how long the oldest waiting one has waited; 0 if none waits.
    """

    at: float
    waiting: int = 0
    oldest_seconds: float = 0.0
    refused: int = 0

    def as_text(self) -> str:
        """The report as it is stored.

        Example: `outbox_report_of(report.as_text()) == report`
        """
        return json.dumps(asdict(self))


# The report of an outbox that no relay has read for as long as reports are kept.
NEVER_READ = OutboxReport(at=0.0)


def outbox_report_of(text: str) -> OutboxReport:
    """The inverse of `as_text`, also of another release's."""
    return OutboxReport(**known_fields(OutboxReport, json.loads(text)))


def outbox_key(prefix: str) -> str:
    """The key of the report.

    Example: `outbox_key("celery-prod") == "celery-prod:outbox"`
    """
    return f"{prefix}:outbox"
