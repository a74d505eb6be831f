"""Until when a message is wanted, as a header alone, so that what comes too late ends alike on every broker.

Celery also sets the message's time to live, which RabbitMQ alone heeds: it would move the message to the dead letter
queue, and nobody would learn that the task never ran. A worker that takes it too late revokes it: the result says so,
and it is counted.
"""

from datetime import datetime, timedelta
from typing import Any


def expiry(app: Any, expires: float | datetime | str | None) -> dict[str, str]:
    """The header for a call's `expires`: seconds from now, or a time, which is the application's if it has no zone.

    Example: `expiry(app, 60) == {"expires": "2026-11-28T12:01:00+00:00"}`
    """
    if expires is None:
        return {}
    if isinstance(expires, int | float):
        moment: datetime = app.now() + timedelta(seconds=expires)
    else:
        moment = datetime.fromisoformat(expires) if isinstance(expires, str) else expires
    return {"expires": (moment if moment.tzinfo else moment.replace(tzinfo=app.timezone)).isoformat()}
