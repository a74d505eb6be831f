"""The pages "Why is it late?": all queues, and one."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from celery_platform.console.site import Site
from celery_platform.console.state.findings import findings


def queues(site: Site, request: Request) -> Response:
    """Every queue, the late ones first."""
    seen = site.overview.look()
    found = findings(seen.value.snapshot, site.runtime.environment.alerts) if seen.value else []
    troubled = {finding.about: finding for finding in reversed(found) if finding.page.startswith("/queues/")}
    labels = sorted(site.runtime.environment.queues, key=lambda label: (label not in troubled, label))
    return site.page(request, "queues.html", seen=seen, labels=labels, troubled=troubled)


def queue(site: Site, request: Request) -> Response:
    """One queue: what is wrong with it, its numbers, its limits, and who drains it."""
    environment = site.runtime.environment
    settings = environment.queues.get(request.path_params["label"])
    if settings is None:
        raise HTTPException(404, "The environment has no queue of this name.")
    seen = site.overview.look()
    snapshot = seen.value.snapshot if seen.value else None
    found = findings(snapshot, environment.alerts) if snapshot else []
    pools = [pool for pool in environment.pools.values() if settings.label in pool.queues]
    return site.page(
        request, "queue.html", seen=seen, queue=settings, state=snapshot.queues[settings.label] if snapshot else None,
        states=snapshot.pools if snapshot else {}, pools=pools, limits=environment.alerts,
        found=[finding for finding in found if finding.about == settings.label],
    )  # fmt: skip
