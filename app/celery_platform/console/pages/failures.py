"""The pages "What failed?": causes, one cause with when its messages failed, and one message."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from celery_platform.console.chart import BARS, Chart, around, chart
from celery_platform.console.site import Site
from celery_platform.console.state.failures.index import CauseShown, Index
from celery_platform.observability.releases import Begun, last_before

MESSAGES_A_PAGE, SHOWN_CAUSES = 50, 200
READING = "The dead letter queues are being read. Load the page again."
REPLAYING = "A replay is running. The dead letter queues are read when it has ended."


def failures(site: Site, request: Request) -> Response:
    """Dead-lettered messages grouped by cause, of one queue or of all."""
    queue = known_queue(site, request.query_params.get("queue", ""))
    seen = site.failures.look()
    causes = seen.value.index.causes(queue, SHOWN_CAUSES + 1) if seen.value else []
    return site.page(
        request, "failures.html", seen=seen, causes=causes[:SHOWN_CAUSES], more=len(causes) > SHOWN_CAUSES,
        queue=queue, queues=list(site.runtime.environment.queues), reader=site.failure_reader,
        running=site.replays.running,
    )  # fmt: skip


def cause(site: Site, request: Request) -> Response:
    """The messages of one cause, the newest first."""
    index = index_of(site)
    found = index.cause(request.path_params["key"])
    if found is None:
        raise HTTPException(404, "No dead-lettered message has this cause any more. It was replayed or removed.")
    offset = _offset(request)
    messages = index.messages(found.key, offset, MESSAGES_A_PAGE)
    releases = site.releases.look()
    begun = releases.value or []
    return site.page(
        request, "cause.html", seen=site.failures.look(), cause=found, messages=messages, offset=offset,
        page=MESSAGES_A_PAGE, drawn=_drawn(index, found, begun), releases=releases,
        before=last_before(begun, found.first_at),
    )  # fmt: skip


def _drawn(index: Index, found: CauseShown, begun: list[Begun]) -> Chart | None:
    """When the messages of a cause failed; `None` where no message says."""
    if found.first_at is None or found.last_at is None:
        return None
    begin, end = around(found.first_at, found.last_at)
    return chart(index.by_time(found.key, begin, end, BARS), begin, end, begun)


def message(site: Site, request: Request) -> Response:
    """One message: why it failed, its arguments, traceback and headers."""
    queue, task_id = request.query_params.get("queue", ""), request.query_params.get("id", "")
    found = index_of(site).details(queue, task_id)
    if not found:
        raise HTTPException(404, "No dead-lettered message of this queue has this id. It was replayed or removed.")
    return site.page(request, "message.html", seen=site.failures.look(), found=found)


def index_of(site: Site) -> Index:
    """The messages as they were read last.

    Raises:
        HTTPException: 503, they have not been read yet.
    """
    seen = site.failures.look(wait=10)
    if seen.value is None:
        raise HTTPException(503, seen.problem or (REPLAYING if site.replays.running else READING))
    return seen.value.index


def known_queue(site: Site, label: str) -> str:
    """The label of a queue of this environment; empty stands for all.

    Raises:
        HTTPException: 404, there is none of this label.
    """
    if label and label not in site.runtime.environment.queues:
        raise HTTPException(404, "The environment has no queue of this name.")
    return label


def _offset(request: Request) -> int:
    text = request.query_params.get("offset", "0")
    return min(int(text), 1_000_000) if text.isascii() and text.isdigit() and len(text) < 8 else 0
