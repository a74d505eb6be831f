"""Celery 5.7.0 refuses to publish a delay under one second to quorum queues.

`Celery.send_task` tests `countdown > 0` and then calls kombu's `calculate_routing_key(int(countdown))`, which raises
"countdown must be a positive number" for 0 < countdown < 1; an ETA or a retry may land there by chance. Longer delays
lose their fraction, so a message may come early. Rounded up here, on every broker alike.
Unnecessary as soon as Celery rounds up itself; `tests/celery_platform/guards` fails then and says so.
"""

import math
from datetime import UTC, datetime, tzinfo


def whole_seconds(countdown: float | None, eta: datetime | str | None, zone: tzinfo = UTC) -> int | None:
    """The delay in whole seconds, never shorter than asked; `None` when there is none.

    An ETA without a time zone is in `zone`, the application's: so Celery's workers read it (`Request.tzlocal`).

    Example: `whole_seconds(0.2, None) == 1`
    """
    if eta is not None and not countdown:  # of both, Celery takes the countdown
        moment = datetime.fromisoformat(eta) if isinstance(eta, str) else eta
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=zone)
        countdown = (moment - datetime.now(UTC)).total_seconds()
    if countdown is None or countdown <= 0:
        return None
    return math.ceil(countdown)
