"""What a worker's main process alone learns of a task: that the child running it died, or ran out of time."""

from typing import Any

from billiard.exceptions import Terminated, WorkerLostError
from celery.worker.request import Request

from celery_platform.observability.outcome import Outcome, report


class ObservedRequest(Request):
    """Celery's documented hook for this (user guide, "Custom task request"); no signal tells of a redelivered loss."""

    _context: Any
    _already_cancelled: bool

    def on_failure(self, exc_info: Any, send_failed_event: bool = True, return_ok: bool = False) -> Any:
        """Report a child lost, or stopped with its connection; what a task itself raised was reported where it ran."""
        error = getattr(exc_info, "exception", None)
        error = getattr(error, "exc", error)
        cancelled = isinstance(error, Terminated) and self._already_cancelled
        if cancelled or isinstance(error, WorkerLostError | SystemExit):
            report(Outcome(self.name, self.id, "lost", self._context, error=error))
        return super().on_failure(exc_info, send_failed_event, return_ok)

    def on_timeout(self, soft: bool, timeout: float) -> Any:
        """Report a child that was killed for its hard time limit; a soft one is an exception in the task."""
        if not soft:
            error = TimeoutError(f"hard time limit of {timeout} s")
            report(Outcome(self.name, self.id, "timed_out", self._context, run_seconds=timeout, error=error))
        return super().on_timeout(soft, timeout)
