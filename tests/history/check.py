"""Whether a history may have been: each message that was confirmed has an end, and no delivery was settled wrongly.

In the manner of Jepsen's checkers (https://github.com/jepsen-io/jepsen, `jepsen.checker`): a pure function of what was
seen, which knows nothing of how it came about.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from .events import Event, Kind

DONE, GIVEN_BACK, SUCCESS = "done", "given_back", "SUCCESS"
# Of a message that was published more than once, because the broker did not confirm it at first.
AGAIN_SENT = "again"
# Settlements after which nothing is to come, although the task was not done.
UNWANTED = {"expired", "revoked", "ignored"}
# An acknowledgement may be on its way for so long when a fault begins.
ON_ITS_WAY_SECONDS = 5.0
# From when a kill is written down until the worker is dead.
KILLING_SECONDS = 1.0


@dataclass(frozen=True)
class Anomaly:
    """What should not have been, and of which message."""

    kind: str
    message: str
    text: str


LOST, TWICE, UNSETTLED, SETTLED_TWICE = "lost", "effect twice", "unsettled", "settled twice"
EARLY, NEVER_RAN, AGAIN, STEP_MISSING = "acknowledged early", "dead-lettered unrun", "ran again", "step missing"


@dataclass
class Story:
    """The events of one message, by kind and in order."""

    message: str
    events: dict[Kind, list[Event]] = field(default_factory=lambda: defaultdict(list))

    def of(self, kind: Kind, what: str | None = None, worker: str | None = None) -> list[Event]:
        """Return the events of a kind, those of them with this `what` and this worker."""
        return [
            event
            for event in self.events.get(kind, [])
            if what in (None, event.what) and worker in (None, event.worker)
        ]

    @property
    def succeeded(self) -> bool:
        return bool(self.of(Kind.ENDED, SUCCESS))

    @property
    def accounted(self) -> bool:
        """Whether the message came to an end, or is somewhere."""
        unwanted = any(event.what in UNWANTED for event in self.of(Kind.SETTLED))
        return self.succeeded or unwanted or bool(self.of(Kind.WAITING) or self.of(Kind.DEAD_LETTERED))

    @property
    def workers(self) -> set[str]:
        events = (*self.of(Kind.STARTED), *self.of(Kind.ENDED), *self.of(Kind.SETTLED))
        return {event.worker for event in events}


def check(history: Iterable[Event]) -> list[Anomaly]:
    """Return everything in a history that should not have been; none for one that is well.

    Example: `check([Event(Kind.PUBLISHED, "a")])[0].kind == "lost"`
    """
    events = sorted(history, key=lambda event: event.at)
    stories: dict[str, Story] = {}
    for event in events:
        if event.message:
            stories.setdefault(event.message, Story(event.message)).events[event.kind].append(event)
    killed = {event.worker: event.at for event in events if event.kind is Kind.KILLED}
    faults = [event for event in events if event.kind is Kind.FAULT]
    families = _families(stories)
    found = list(_steps_missing(stories))
    missing = {anomaly.message for anomaly in found}
    for story in stories.values():
        found += [anomaly for anomaly in _lost(story) if story.message not in missing]
        found += [*_dead_lettered_unrun(story), *_ran_again(story, families[story.message], killed, faults)]
        for worker in story.workers:
            found += [*_unsettled(story, worker, killed), *_settled_twice(story, worker), *_early(story, worker)]
    return [*found, *_effects_twice(events, killed, faults)]


def _families(stories: dict[str, Story]) -> dict[str, list[Story]]:
    """Of each message, those of its chain; most are alone."""
    families = {message: [story] for message, story in stories.items()}
    for story in stories.values():
        for first in story.of(Kind.PUBLISHED):
            chain = [story, *(stories[step] for step in first.steps if step in stories)]
            families |= {each.message: chain for each in chain if len(chain) > 1}
    return families


def _lost(story: Story) -> Iterator[Anomaly]:
    if story.of(Kind.PUBLISHED) and not story.accounted:
        starts = len(story.of(Kind.STARTED))
        yield Anomaly(LOST, story.message, f"confirmed, started {starts} times, never ended, and it is nowhere")


def _steps_missing(stories: dict[str, Story]) -> Iterator[Anomaly]:
    for story in list(stories.values()):
        for first in story.of(Kind.PUBLISHED):
            before = story
            for step in first.steps:
                following = stories.get(step, Story(step))
                # A step is published by the worker that succeeds with the one before it. One whose next step is refused
                # is dead-lettered, with the rest of its chain.
                goes_on = before.succeeded and not before.of(Kind.DEAD_LETTERED)
                if goes_on and not following.accounted:
                    yield Anomaly(STEP_MISSING, step, f"{before.message} succeeded, its next step did not end")
                before = following


def _dead_lettered_unrun(story: Story) -> Iterator[Anomaly]:
    if story.of(Kind.DEAD_LETTERED) and not story.of(Kind.STARTED):
        yield Anomaly(NEVER_RAN, story.message, "it is in the dead letter queue, and no attempt was made")


def _unsettled(story: Story, worker: str, killed: dict[str, float]) -> Iterator[Anomaly]:
    """Each attempt of a worker that lives is followed by a settlement of its own.

    A delivery that goes back with its connection may be settled before its child has begun.
    """
    settled = [event.at for event in story.of(Kind.SETTLED, None, worker)]
    for start in story.of(Kind.STARTED, None, worker) if worker not in killed else ():
        own = next((at for at in settled if at >= start.at - ON_ITS_WAY_SECONDS), None)
        if own is None:
            yield Anomaly(UNSETTLED, story.message, f"{worker} started it at {start.at:.3f} and never settled that")
        else:
            settled.remove(own)


def _settled_twice(story: Story, worker: str) -> Iterator[Anomaly]:
    """What was not begun may have been given back any number of times; all else is settled once for each attempt."""
    started = len(story.of(Kind.STARTED, None, worker))
    settled = [event.what for event in story.of(Kind.SETTLED, None, worker) if event.what != GIVEN_BACK]
    if len(settled) > max(1, started):
        yield Anomaly(SETTLED_TWICE, story.message, f"{worker} started {started} and settled {', '.join(settled)}")


def _early(story: Story, worker: str) -> Iterator[Anomaly]:
    """Each delivery that is settled as done has an attempt that succeeded before."""
    ends = story.of(Kind.ENDED, SUCCESS, worker)
    for number, settled in enumerate(story.of(Kind.SETTLED, DONE, worker)):
        if sum(end.at <= settled.at for end in ends) <= number:
            yield Anomaly(EARLY, story.message, f"{worker} settled it as done before an attempt had succeeded")


def _ran_again(
    story: Story, family: Sequence[Story], killed: dict[str, float], faults: Sequence[Event]
) -> Iterator[Anomaly]:
    """A message that is done comes again only where an acknowledgement or a confirmation was lost on the way.

    Of itself, or of a message of its `family`: a step that is done twice publishes the next step twice.
    """
    starts = [start for each in family for start in each.of(Kind.STARTED)]
    sent_again = any(sent.what == AGAIN_SENT for each in family for sent in each.of(Kind.PUBLISHED))
    since = min((start.at for start in starts), default=0.0)
    kills = [killed[worker] for each in family for worker in each.workers if worker in killed]
    for done in story.of(Kind.SETTLED, DONE):
        for start in (start for start in story.of(Kind.STARTED) if start.at > done.at):
            by_kill = any(since - KILLING_SECONDS <= kill <= start.at for kill in kills)
            by_fault = any(fault.until >= since - ON_ITS_WAY_SECONDS and fault.at <= start.at for fault in faults)
            if not sent_again and not by_kill and not by_fault:
                yield Anomaly(AGAIN, story.message, f"started by {start.worker} after {done.worker} settled it as done")


def _effects_twice(events: Sequence[Event], killed: dict[str, float], faults: Sequence[Event]) -> Iterator[Anomaly]:
    """An effect is asked for again, under its key, only where the first attempt could not note that it had happened.

    Its worker was killed, or the store was away, before the attempt succeeded.
    """
    noted: dict[tuple[str, str], float] = {}
    for event in events:
        if event.kind is Kind.ENDED and event.what == SUCCESS:
            noted.setdefault((event.message, event.worker), event.at)
    before: dict[str, Event] = {}
    for event in events:
        if event.kind is not Kind.EFFECT:
            continue
        first = before.get(event.what)
        if first is not None and not _cut_short(first, event, noted, killed, faults):
            text = f"the effect {event.what} happened twice, by {first.worker} and {event.worker}"
            yield Anomaly(TWICE, event.message, text)
        before[event.what] = event


def _cut_short(
    first: Event, again: Event, noted: dict[tuple[str, str], float], killed: dict[str, float], faults: Sequence[Event]
) -> bool:
    succeeded = noted.get((first.message, first.worker))
    if succeeded is not None and first.at <= succeeded <= again.at:
        return False
    kill = killed.get(first.worker)
    by_kill = kill is not None and first.at - KILLING_SECONDS <= kill <= again.at
    return by_kill or any(fault.until >= first.at and fault.at <= again.at for fault in faults)
