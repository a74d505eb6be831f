"""The remote control command `shutdown` as a stop like any other.

Celery 5.7.0 raises `WorkerShutdown` where the command arrives, beside the signal handlers: nothing bounds that stop,
and all that the worker holds is returned and counts as delivered. The supervisor of a turbo pool takes it for the end
of one process, and starts another.
"""

import logging
from collections.abc import Callable
from typing import Any

from celery.worker.control import control_command

logger = logging.getLogger(__name__)


def stop_on_shutdown(stop: Callable[[], None]) -> None:
    """Let this process's worker call `stop`, which asks for a warm shutdown, at the command `shutdown`.

    Example: `stop_on_shutdown(lambda: os.kill(os.getpid(), signal.SIGTERM))`
    """

    def shutdown(state: Any, msg: str = "Got shutdown from remote", **_: Any) -> dict[str, str]:  # noqa: ARG001 - Celery's
        """Shutdown worker(s)."""
        logger.warning(msg)
        stop()
        return {"ok": "the worker ends when it has done what it holds"}

    control_command(name="shutdown")(shutdown)
