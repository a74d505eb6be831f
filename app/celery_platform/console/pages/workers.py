"""The page "Who is working?"."""

from collections import defaultdict

from starlette.requests import Request
from starlette.responses import Response

from celery_platform.console.site import Site
from celery_platform.observability.worker_reports import WorkerReport

SHOWN_TASKS, SHOWN_WORKERS = 300, 200


def workers(site: Site, request: Request) -> Response:
    """Pools with their workers, and what runs in them."""
    seen = site.workers.look()
    reports = seen.value or []
    by_pool: dict[str, list[WorkerReport]] = defaultdict(list)
    for report in reports:
        by_pool[report.pool].append(report)
    tasks = sorted(
        ((report.name, task) for report in reports for task in report.running), key=lambda each: each[1].since
    )
    return site.page(
        request, "workers.html", seen=seen, overview=site.overview.look(), releases=site.releases.look(),
        pools=site.runtime.environment.pools,
        by_pool=by_pool, reports=reports[:SHOWN_WORKERS], more_workers=len(reports) - SHOWN_WORKERS,
        tasks=tasks[:SHOWN_TASKS], more_tasks=len(tasks) - SHOWN_TASKS,
    )  # fmt: skip
