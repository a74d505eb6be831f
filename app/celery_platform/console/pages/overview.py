"""The page "Is all well?": the whole environment."""

from starlette.requests import Request
from starlette.responses import Response

from celery_platform.console.site import Site
from celery_platform.console.state.findings import URGENT, findings
from celery_platform.observability.alerts.error_budget import alerting_rates, in_words
from celery_platform.observability.status.snapshot import QueueState

# Rows of queues beside those that need a person. An open page is sent again every few seconds.
SHOWN_QUEUES = 100
SHOWN_FINDINGS = 30


def overview(site: Site, request: Request) -> Response:
    """The state of queues and pools, and what of it needs a person."""
    seen = site.overview.look()
    if seen.value is None:
        return site.page(request, "overview.html", seen=seen, snapshot=None)
    snapshot = seen.value.snapshot
    limits = site.runtime.environment.alerts
    found = findings(snapshot, limits)
    troubled = {finding.about for finding in found if finding.about}
    ordered = sorted(snapshot.queues.items(), key=lambda each: (each[0] not in troubled, -_backlog(each[1]), each[0]))
    shown = len(ordered) if request.query_params.get("all") else max(SHOWN_QUEUES, len(troubled))
    return site.page(
        request, "overview.html", seen=seen, snapshot=snapshot, since=seen.value.since, limits=limits, found=found,
        urgent=sum(finding.severity == URGENT for finding in found), troubled=troubled, queues=ordered[:shown],
        hidden=len(ordered) - shown if len(ordered) > shown else 0, shown_findings=SHOWN_FINDINGS,
        alerting_rates=alerting_rates(limits["queue_wait_objective"]), burns_in_words=in_words(limits),
    )  # fmt: skip


def _backlog(queue: QueueState) -> int:
    return (queue.waiting or 0) + (queue.held or 0)
