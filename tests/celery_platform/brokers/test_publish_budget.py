"""Every publish of the platform is tried again in the same way, within one budget."""

from celery_platform.brokers.interface import PUBLISH_BUDGET_SECONDS, PUBLISH_RETRY
from kombu.utils.functional import fxrange


def test_the_waits_between_the_tries_leave_half_of_the_budget_to_the_tries() -> None:
    start, step, most = (PUBLISH_RETRY[f"interval_{name}"] for name in ("start", "step", "max"))
    waits = fxrange(start, most + start, step, repeatlast=True)  # as kombu.utils.functional.retry_over_time has it

    assert sum(next(waits) for _ in range(int(PUBLISH_RETRY["max_retries"]))) <= PUBLISH_BUDGET_SECONDS / 2
