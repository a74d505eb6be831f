"""The pages "What happened?": the attempts that somebody looks for, and one task with its canvas."""

import math
import re
import shlex
from datetime import UTC, datetime
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from celery_platform.console.pages.failures import known_queue
from celery_platform.console.rendering import task_address
from celery_platform.console.site import Site
from celery_platform.errors import SettingsError
from celery_platform.observability.timeline.cancellable import cancellable
from celery_platform.observability.timeline.search import Search
from celery_platform.observability.timeline.steps import ENDS, WORDS, steps, trace_address
from celery_platform.reliability import cancelling
from celery_platform.reliability.errors import StoreAwayError

MOST_OF_A_TEXT = 200
WHOLE_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
FIELDS = ("id", "task", "queue", "what", "error", "since", "until", "before")
# A search reads all that is kept, for up to a second, after those of others.
WAIT_SECONDS = 10.0


def tasks(site: Site, request: Request) -> Response:
    """The newest attempts that match, a page of them at a time."""
    given = {name: request.query_params.get(name, "").strip()[:MOST_OF_A_TEXT] for name in FIELDS}
    if WHOLE_ID.fullmatch(given["id"]) and not any(given[name] for name in FIELDS[1:]):
        return RedirectResponse(task_address(given["id"]), 303)
    asked = Search(
        given["id"], given["task"], known_queue(site, given["queue"]), given["what"], given["error"],
        _moment(given["since"], 0.0), min(_moment(given["until"], math.inf), _number(given["before"])),
    )  # fmt: skip
    seen = site.searches.of(asked).look(WAIT_SECONDS)
    return site.page(
        request, "tasks.html", seen=seen, given=given, words=WORDS, queues=list(site.runtime.environment.queues),
        kept=site.runtime.environment.timeline.attempts,
        older={name: value for name, value in given.items() if value and name != "before"},
    )  # fmt: skip


def task(site: Site, request: Request) -> Response:
    """What happened to one task, and to the other tasks of its canvas."""
    task_id = str(request.path_params["id"])
    seen = site.timelines.of(task_id).look()
    found = seen.value
    known = steps(found) if found else []
    link = site.runtime.environment.timeline.trace_link
    environment = site.runtime.environment
    return site.page(
        request, "task.html", seen=seen, id=task_id, found=found, steps=known, **_about(found),
        cancellable=cancellable(found, environment) if found else None,
        command=shlex.join(["app", "cancel", "--", task_id]),
        traces={step.trace: trace_address(link, step.trace) for step in known if step.trace},
        kept=site.runtime.environment.timeline.attempts,
    )  # fmt: skip


def cancel(site: Site, request: Request, form: dict[str, str]) -> Response:
    """Cancel a task, as `app cancel` does. One that is cancelled already stays so."""
    task_id = form.get("id", "")
    if form.get("sure") != "yes":
        raise HTTPException(400, "The box that says that you are sure was not ticked. Nothing was done.")
    site.audit.write(
        site.person(request), "cancel", {"task": task_id, "reason": form.get("reason", "")[:MOST_OF_A_TEXT]}
    )
    try:
        cancelling.cancel(task_id)
    except SettingsError as error:
        raise HTTPException(400, f"{error} Nothing was done.") from error
    except StoreAwayError as error:
        raise HTTPException(503, "The store does not answer. Nothing was done.") from error
    site.timelines.forget()
    return RedirectResponse(task_address(task_id), 303)


def _about(found: Any) -> dict[str, Any]:
    """The task's name and queue, and whether it has ended and is dead-lettered, as far as they are known."""
    events = list(found.events) if found else []
    running = found.running if found else None
    attempts = [event for event in events if event.attempt]
    return {
        "name": running.task if running else next((event.task for event in reversed(events) if event.task), ""),
        "queue": running.queue if running else next((event.queue for event in reversed(attempts)), ""),
        "ended": not running and bool(events) and events[-1].what in ENDS,
        "dead_lettered": not running and bool(events) and events[-1].what == "dead_lettered",
    }


def _moment(text: str, unknown: float) -> float:
    """A time of a form, in UTC."""
    if not text:
        return unknown
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise HTTPException(400, "A time has to be of the form 2026-11-29T15:00, in UTC.") from None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def _number(text: str) -> float:
    try:
        number = float(text or "inf")
    except ValueError:
        number = math.nan
    if math.isnan(number):
        raise HTTPException(400, "The link to older attempts is not whole.")
    return number
