"""The pages "What would a replay do?": its dry run, the replay itself, and its progress."""

import re
import secrets
import shlex
from collections import Counter

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from celery_platform.console.pages.failures import index_of, known_queue
from celery_platform.console.site import Site
from celery_platform.console.state.dry_runs import Asked
from celery_platform.console.state.failures.index import Index
from celery_platform.console.state.replays import (
    LEAST_RATE,
    MOST_RATE,
    RUNNING,
    USUAL_RATE,
    AlreadyRunningError,
    Replay,
)
from celery_platform.dead_letters.choice import Choice

REPLAY_ID = re.compile(r"[0-9a-f]{32}")
CAUSE_KEY = re.compile(r"[0-9a-f]{1,64}")


def dry_run(site: Site, request: Request) -> Response:
    """What a replay of one cause or one message would send, and the form that asks for it."""
    asked = dict(request.query_params)
    described, choice, queue = _chosen(site, asked)
    found = _found(index_of(site), choice, queue)
    return site.page(
        request, "dry_run.html", seen=site.failures.look(), described=described, found=found,
        worked_out=None if site.replays.running or not found else site.dry_runs.of(Asked(choice, queue)).look(wait=0.2),
        total=sum(count for (_, replayable), count in found.items() if replayable), asked=asked,
        replay_id=secrets.token_hex(16), usual=USUAL_RATE, least=LEAST_RATE, most=MOST_RATE,
        running=site.replays.running, command=_command(choice, queue),
    )  # fmt: skip


def begin(site: Site, request: Request, form: dict[str, str]) -> Response:
    """Begin the replay that a dry run described. The same form sent again leads to the same replay."""
    if not REPLAY_ID.fullmatch(form.get("replay", "")):
        raise HTTPException(400, "The form has no replay's number. Nothing was done. Load the dry run again.")
    if form.get("sure") != "yes":
        raise HTTPException(400, "The box that says that you are sure was not ticked. Nothing was done.")
    described, choice, queue = _chosen(site, form)
    queues = site.runtime.environment.queues
    person = site.person(request)
    total = sum(count for (_, replayable), count in _found(index_of(site), choice, queue).items() if replayable)
    asked = Replay(
        form["replay"], described, [queues[queue]] if queue else list(queues.values()), choice, _rate(form), total,
        person.name, keep_going=form.get("keep_going") == "yes",
    )  # fmt: skip
    what = {
        "replay": asked.id,
        "what": described,
        "rate": asked.rate,
        "messages": total,
        "keep_going": asked.keep_going,
    }
    try:
        site.replays.begin(asked, before=lambda: site.audit.write(person, "replay", what))
    except AlreadyRunningError as other:
        raise HTTPException(409, "Another replay is running. Nothing was done. Wait until it has ended.") from other
    return RedirectResponse(f"/replays/{asked.id}", 303)


def progress(site: Site, request: Request) -> Response:
    """How far a replay is."""
    return site.page(request, "replay.html", replay=_known(site, request))


def stop(site: Site, request: Request, _form: dict[str, str]) -> Response:
    """Stop a replay after the message that it is sending."""
    found = _known(site, request)
    if found.state == RUNNING:
        site.audit.write(site.person(request), "stop replay", {"replay": found.id, "sent": found.done})
        found.stop.set()
    return RedirectResponse(f"/replays/{found.id}", 303)


def _known(site: Site, request: Request) -> Replay:
    found = site.replays.get(request.path_params["id"])
    if found is None:
        raise HTTPException(404, "This console knows no such replay. The audit log has those from before its start.")
    return found


def _chosen(site: Site, asked: dict[str, str]) -> tuple[str, Choice, str]:
    """The messages that are asked for: in words, as a choice, and the label of their queue, empty for all."""
    queue = known_queue(site, asked.get("queue", ""))
    key, task_id = asked.get("cause", ""), asked.get("id", "")
    if key and CAUSE_KEY.fullmatch(key):
        return f"every message of the cause {key}" + (f" in {queue}" if queue else ""), Choice(cause=key), queue
    if task_id and queue:
        return f"the message {task_id} in {queue}", Choice(ids=frozenset({task_id})), queue
    raise HTTPException(
        400, "A replay is of one cause, or of one message of a queue: choose it under What failed? Nothing was done."
    )


def _command(choice: Choice, queue: str) -> str:
    """The same replay for a shell. An id is whatever the sender of a message wrote: quoted, and no option."""
    where = ["--queue", queue] if queue else []
    which = ["--cause", choice.cause] if choice.cause else ["--", *choice.ids]
    return shlex.join(["app", "dlq", "replay", *where, *which])


def _found(index: Index, choice: Choice, queue: str) -> Counter[tuple[str, bool]]:
    """How many messages are chosen, by queue and by whether they can be replayed."""
    if choice.cause:
        return Counter(
            {(label, ok): count for label, ok, count in index.of_cause(choice.cause) if queue in ("", label)}
        )
    details = [each.message for task_id in choice.ids for each in index.details(queue, task_id)]
    return Counter((each.queue, each.replayable) for each in details)


def _rate(form: dict[str, str]) -> float:
    try:
        rate = float(form.get("rate", ""))
    except ValueError:
        rate = 0.0
    if not LEAST_RATE <= rate <= MOST_RATE:
        raise HTTPException(
            400, f"The rate has to be from {LEAST_RATE:g} to {MOST_RATE:g} messages a second. Nothing was done."
        )
    return rate
