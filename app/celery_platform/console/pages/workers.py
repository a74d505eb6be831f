"""The page "Who is working?"."""

from starlette.requests import Request
from starlette.responses import Response

from celery_platform.console.site import Site

SHOWN_TASKS = 500


def workers(site: Site, request: Request) -> Response:
    """Pools with their workers, and what each worker runs."""
    seen, running = site.overview.look(), site.running.look(wait=3)
    found = (running.value.workers or []) if running.value else []
    tasks = sorted(
        ((worker.name, task) for worker in found for task in worker.tasks), key=lambda each: each[1].began_at or 0
    )
    return site.page(
        request, "workers.html", seen=seen, running=running, tasks=tasks[:SHOWN_TASKS], more=len(tasks) - SHOWN_TASKS,
        workers=found, pools=site.runtime.environment.pools, states=seen.value.snapshot.pools if seen.value else {},
    )  # fmt: skip
