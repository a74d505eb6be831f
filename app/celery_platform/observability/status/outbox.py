"""What of the outbox's last report is a problem, in the words of `app status`."""

from collections.abc import Iterator

from celery_platform.observability.alerts.outbox import LATE_SECONDS, UNREAD_SECONDS
from celery_platform.observability.outbox_report import NEVER_READ, OutboxReport
from celery_platform.output import age


def outbox_problems(report: OutboxReport, now: float) -> Iterator[str]:
    """A problem for each thing that an alert would tell of if it lasts; `now` is in seconds since 1970.

    Example: `list(outbox_problems(OutboxReport(at=now), now)) == []`
    """
    if report == NEVER_READ:
        yield "no relay has ever read the outbox: its tasks are not sent"
    elif now - report.at > UNREAD_SECONDS:
        yield f"no relay has read the outbox for {age(now - report.at)}: its tasks are not sent"
    if report.oldest_seconds > LATE_SECONDS:
        yield f"the oldest task in the outbox has been waiting for {age(report.oldest_seconds)}"
