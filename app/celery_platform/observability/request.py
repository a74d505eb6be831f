"""Report the outcomes that only the worker's main process sees: a child process died, or was killed for its time."""

from typing import Any

from billiard.exceptions import Terminated, WorkerLostError
from celery.worker.request import Request

from celery_platform.observability.outcome import Outcome, report


class ObservedRequest(Request):
    """Celery's documented hook (user guide, "Custom task request"). No signal reports a lost child whose message is
    delivered again.
    """

    _context: Any
    _already_cancelled: bool

    def on_failure(self, exc_info: Any, send_failed_event: bool = True, return_ok: bool = False) -> Any:
        """Report a lost child, or one stopped with its connection. The child itself reports a task's exceptions."""
        error = getattr(exc_info, "exception", None)
        error = getattr(error, "exc", error)
        cancelled = isinstance(error, Terminated) and self._already_cancelled
        if cancelled or isinstance(error, WorkerLostError | SystemExit):
            report(Outcome(self.name, self.id, "lost", self._context, error=error))
        return super().on_failure(exc_info, send_failed_event, return_ok)

    def on_timeout(self, soft: bool, timeout: float) -> Any:
        """Report a child that was killed at its hard time limit. The soft limit is an exception in the task."""
        if not soft:
            error = TimeoutError(f"hard time limit of {timeout} s")
            report(Outcome(self.name, self.id, "timed_out", self._context, run_seconds=timeout, error=error))
        return super().on_timeout(soft, timeout)
