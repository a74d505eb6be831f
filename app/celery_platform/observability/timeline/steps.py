"""A timeline in words: each step of a task, for the terminal and for the page."""

from collections.abc import Iterator
from dataclasses import dataclass

from celery_platform.observability.timeline.event import Event
from celery_platform.observability.timeline.reading import Timeline

# What became of an attempt or a delivery, in words.
WORDS = {
    "succeeded": "succeeded",
    "failed": "failed",
    "retried": "failed, and is tried again",
    "waiting": "went back to wait for a limit, or for another attempt at the same effect",
    "ignored": "said that nothing more is to be done (Ignore)",
    "rejected": "was rejected",
    "lost": "was lost: its process died",
    "timed_out": "was killed at its hard time limit",
    "revoked": "was revoked",
    "dead_lettered": "dead-lettered",
    "given_back": "given back to its queue",
    "expired": "expired: nobody wanted it any more",
}
# A first attempt's message is published when its task is sent; that of a replay later.
SAME_SECONDS = 1.0
# After these, nothing more comes by itself.
ENDS = frozenset({"succeeded", "failed", "ignored", "timed_out", "revoked", "dead_lettered", "expired"})


@dataclass(frozen=True)
class Step:
    """What happened at `at`, of which attempt (0 where it belongs to none), where, and how long it took, in seconds."""

    at: float
    what: str
    text: str
    attempt: int = 0
    worker: str = ""
    seconds: float | None = None
    error: str = ""
    trace: str = ""


def steps(timeline: Timeline) -> list[Step]:
    """The steps of a task, the earliest first.

    Example: `[step.what for step in steps(timeline(task_id))] == ["sent", "began", "succeeded"]`
    """
    found = [step for event in timeline.events for step in _of(event)]
    if timeline.running is not None:
        now = timeline.running
        found.append(Step(now.since, "began", f"began, and runs, from the queue {now.queue}", worker=timeline.worker))
    if timeline.cancelled is not None:
        found.append(Step(timeline.cancelled, "cancelled", "somebody cancelled it: no worker begins it from now on"))
    # Of several attempts, each says when the task was sent first.
    return sorted(dict.fromkeys(found), key=lambda step: step.at)


def trace_address(link: str | None, trace: str) -> str:
    """The address of a trace, where the environment has one (`traces.link`); empty without.

    Example: `trace_address("https://traces.example.com/{trace_id}", "4bf9") == "https://traces.example.com/4bf9"`
    """
    known = trace.isalnum() and trace.isascii()
    return link.replace("{trace_id}", trace) if link and known else ""


def _of(event: Event) -> Iterator[Step]:
    if event.sent is not None:
        yield Step(event.sent, "sent", "sent for the first time")
    again = event.attempt > 1 or event.sent is None or (event.published or 0.0) - event.sent > SAME_SECONDS
    if event.published is not None and again:
        yield Step(event.published, "published", f"its message was published to {event.queue}", event.attempt)
    if event.due is not None:
        yield Step(event.due, "due", "due, after its countdown", event.attempt)
    if event.began is not None:
        due = max(event.published or 0.0, event.due or 0.0)
        waited = max(0.0, event.began - due) if due else None
        yield Step(event.began, "began", f"began, from the queue {event.queue}", event.attempt, event.worker, waited)
    text = WORDS.get(event.what, event.what)
    yield Step(event.at, event.what, text, event.attempt, event.worker, event.seconds, event.error, event.trace)
