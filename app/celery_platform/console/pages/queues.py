"""The pages "Why is it late?": all queues, and one."""

import time
from collections.abc import Callable

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from celery_platform.console.chart import Chart, chart
from celery_platform.console.site import Site
from celery_platform.console.state.backlogs import Backlog
from celery_platform.console.state.findings import findings
from celery_platform.console.state.shared import Seen
from celery_platform.observability.alerts.error_budget import alerting_rates, in_words
from celery_platform.observability.why import reasons
from celery_platform.reliability import pausing
from celery_platform.reliability.errors import StoreAwayError
from celery_platform.reliability.paused_queues import Pause

MOST_OF_A_REASON = 200


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
    answer = site.whys.of(settings.label).look(wait=0.2)
    backlog = site.backlogs.of(settings.label).look(wait=0.5) if site.backlogs else None
    return site.page(
        request, "queue.html", seen=seen, answer=answer, reasons=reasons(answer.value) if answer.value else [],
        queue=settings, state=snapshot.queues[settings.label] if snapshot else None,
        states=snapshot.pools if snapshot else {}, pools=pools, limits=environment.alerts,
        found=[finding for finding in found if finding.about == settings.label], snapshot=snapshot,
        alerting_rates=alerting_rates(environment.alerts["queue_wait_objective"]),
        burns_in_words=in_words(environment.alerts), backlog=backlog, drawn=_drawn(site, backlog),
    )  # fmt: skip


def _drawn(site: Site, backlog: Seen[Backlog] | None) -> Chart | None:
    if backlog is None or backlog.value is None:
        return None
    return chart(backlog.value.values, backlog.value.begin, backlog.value.end, site.releases.look().value or [])


def pause(site: Site, request: Request, form: dict[str, str]) -> Response:
    """Pause a queue, as `app queue pause` does. One that is paused already stays as it is."""
    label, person = _sure_of(site, request, form), site.person(request)
    asked = Pause(time.time(), person.name, form.get("reason", "")[:MOST_OF_A_REASON])
    return _done(site, request, "pause", label, lambda: pausing.pause(label, asked), reason=asked.reason)


def resume(site: Site, request: Request, form: dict[str, str]) -> Response:
    """Let a queue go on, as `app queue resume` does."""
    label = _sure_of(site, request, form)
    return _done(site, request, "resume", label, lambda: pausing.resume(label))


def _sure_of(site: Site, request: Request, form: dict[str, str]) -> str:
    label = str(request.path_params["label"])
    if label not in site.runtime.environment.queues:
        raise HTTPException(404, "The environment has no queue of this name. Nothing was done.")
    if form.get("sure") != "yes":
        raise HTTPException(400, "The box that says that you are sure was not ticked. Nothing was done.")
    return label


def _done(site: Site, request: Request, action: str, label: str, do: Callable[[], bool], **what: str) -> Response:
    site.audit.write(site.person(request), action, {"queue": label} | what)
    try:
        do()
    except StoreAwayError as error:
        raise HTTPException(503, "The store does not answer. Nothing was done.") from error
    site.overview.forget()
    site.whys.forget()
    return RedirectResponse(f"/queues/{label}", 303)
