"""Serve the broker's connection while a pool waits for its last tasks: heartbeats, acknowledgements and rejections.

Celery's event loop does not turn any more then.
"""

import logging

from celery.concurrency import prefork
from kombu.asynchronous import get_event_loop

# The interval at which the connection is served: several times per heartbeat of RabbitMQ, which are 3 s apart.
CHECK_SECONDS = 0.2

logger = logging.getLogger(__name__)


def serve_connection() -> None:
    """Send what is due on the connection. Call it every `CHECK_SECONDS`, in the main thread."""
    hub = get_event_loop()
    if hub is None:
        return
    try:
        hub.fire_timers()
        # Only acknowledgements and rejections are pending there.
        prefork._run_ready_callbacks(hub)  # type: ignore[attr-defined]
    except Exception:
        logger.warning("could not serve the connection during the stop", exc_info=True)
