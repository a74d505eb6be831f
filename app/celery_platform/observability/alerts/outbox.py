"""Alerts on an outbox whose tasks wait or were refused, or that no relay reads: only where a relay runs."""

from collections.abc import Iterator

from celery_platform.observability.alerts.alert import Alert

# A relay publishes a row within a second or two. One minute more, for which the alert has to hold, lets a burst drain.
LATE_SECONDS = 60
# A relay tells every five seconds. Two minutes more let the database of the outbox fail over.
UNREAD_SECONDS = 60


def alerts() -> Iterator[Alert]:
    """The alerts on the last report of a relay."""
    yield Alert(
        "CeleryOutboxLate", f"celery_outbox_oldest_task_age_seconds > {LATE_SECONDS}", "1m", "page",
        "The oldest task in the outbox has been waiting for {{ $value | humanizeDuration }} to be published.",
    )  # fmt: skip
    yield Alert(
        "CeleryOutboxUnread", f"time() - celery_outbox_read_timestamp_seconds > {UNREAD_SECONDS}", "2m", "page",
        "No relay has read the outbox for three minutes: its tasks are not sent, and how many wait is unknown.",
    )  # fmt: skip
    yield Alert(
        "CeleryOutboxRefused", "celery_outbox_refused_length > 0", "1m", "ticket",
        "{{ $value }} tasks of the outbox can never be sent and were set aside.",
    )  # fmt: skip
