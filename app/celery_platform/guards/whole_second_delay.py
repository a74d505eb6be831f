"""Celery 5.7.0 cannot publish a delay under one second to quorum queues.

`Celery.send_task` tests `countdown > 0` and then calls kombu's `calculate_routing_key(int(countdown))`, which raises
"countdown must be a positive number" for 0 < countdown < 1. An ETA or a retry may have such a delay by chance. Longer
delays lose their fraction, so a message may arrive early. Here, delays are rounded up on every broker.
Unnecessary as soon as Celery rounds up itself; a test in `tests/celery_platform/guards` then fails.
"""

import math
from datetime import UTC, datetime, tzinfo


def whole_seconds(countdown: float | None, eta: datetime | str | None, zone: tzinfo = UTC) -> int | None:
    """The delay in whole seconds, rounded up; `None` if there is none.

    An ETA without a time zone is in `zone`, the application's, as Celery's workers interpret it (`Request.tzlocal`).

    Example: `whole_seconds(0.2, None) == 1`
    """
    if eta is not None and not countdown:  # if both are given, Celery uses the countdown
        moment = datetime.fromisoformat(eta) if isinstance(eta, str) else eta
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=zone)
        countdown = (moment - datetime.now(UTC)).total_seconds()
    if countdown is None or countdown <= 0:
        return None
    return math.ceil(countdown)
