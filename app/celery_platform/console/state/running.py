"""Who is working: what each worker says in the store, which is the same on every broker and in every pool."""

from celery_platform.console.state.shared import Shared
from celery_platform.observability.worker_reports import WorkerReport, live_reports

# Workers write every two seconds.
SECONDS = 5.0


def shared_reports() -> Shared[list[WorkerReport]]:
    """The reports of the workers that live, read at most every five seconds."""
    return Shared(live_reports, SECONDS)
