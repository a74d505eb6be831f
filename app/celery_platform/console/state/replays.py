"""Replays that people began here: one at a time, by the code of `app dlq replay`, each with its progress."""

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from celery_platform.application import platform_alone
from celery_platform.brokers.dead_lettered.held import Held
from celery_platform.console.state.dead_letter_turn import DeadLetterTurn
from celery_platform.console.state.shared import said
from celery_platform.dead_letters.choice import Choice
from celery_platform.dead_letters.replaying import replay
from celery_platform.dead_letters.watching import Watch
from celery_platform.settings import QueueSettings

logger = logging.getLogger(__name__)
LEAST_RATE, MOST_RATE, USUAL_RATE = 0.5, 1_000.0, 20.0
# Ended replays whose pages are still there.
MOST_KEPT = 50
RUNNING, ENDED, STOPPED, FAILED, FAILED_AGAIN = "running", "ended", "stopped", "failed", "failed again"


@dataclass
class Replay:
    """A replay. `total` is how many messages were chosen when it began, `done` how many were sent so far.

    `rate` is in messages a second; times are Unix times. It stops by itself when its messages fail as they did before,
    unless it is to keep going.
    """

    id: str
    what: str
    queues: list[QueueSettings]
    choice: Choice
    rate: float
    total: int
    who: str
    keep_going: bool = False
    state: str = RUNNING
    done: int = 0
    problem: str = ""
    began_at: float = field(default_factory=time.time)
    ended_at: float | None = None
    stop: threading.Event = field(default_factory=threading.Event, repr=False)
    watch: Watch = field(default_factory=Watch)

    def ends_early(self) -> bool:
        """Whether somebody has stopped it, or its messages fail as they did before."""
        return self.stop.is_set() or (not self.keep_going and self.watch.failures_come_back())


class Replays:
    """The replays of this console, by id.

    Args:
        turn: which a replay waits for.
        at_end: called when a replay has ended, however it did.
    """

    def __init__(self, turn: DeadLetterTurn, at_end: Callable[[Replay], None]) -> None:
        self._turn, self._at_end = turn, at_end
        self._lock = threading.Lock()
        self._known: OrderedDict[str, Replay] = OrderedDict()
        self._thread: threading.Thread | None = None

    @property
    def running(self) -> Replay | None:
        """The one that runs."""
        return next((each for each in self._known.copy().values() if each.state == RUNNING), None)

    def get(self, replay_id: str) -> Replay | None:
        """A replay by its id."""
        return self._known.get(replay_id)

    def begin(self, asked: Replay, before: Callable[[], None]) -> Replay:
        """Begin a replay, unless one with this id was begun: a form that is sent twice is done once.

        `before` is called when nothing stands in the way any more, and may refuse by raising.

        Raises:
            AlreadyRunningError: another one runs.
        """
        with self._lock:
            if asked.id in self._known:
                return self._known[asked.id]
            if other := self.running:
                raise AlreadyRunningError(other.id)
            before()
            self._known[asked.id] = asked
            while len(self._known) > MOST_KEPT:
                self._known.popitem(last=False)
            self._thread = threading.Thread(target=self._run, args=(asked,), name="console-replay", daemon=True)
            self._thread.start()
        return asked

    def join(self, seconds: float) -> None:
        """Wait at most so long until no replay runs any more, and the end of the last one is written down."""
        if self._thread:
            self._thread.join(seconds)

    def _run(self, asked: Replay) -> None:
        try:
            with self._turn.messages(asked.queues, asked.choice) as messages:
                self._send(asked, messages)
            state = STOPPED if self._turn.stopping else _ended_as(asked)
        except Exception as error:  # the broker's, of whatever kind: the page says it
            logger.exception("a replay failed; what was not sent stays dead-lettered")
            asked.problem, state = said(error), FAILED
        asked.ended_at, asked.state = time.time(), state
        self._at_end(asked)

    def _send(self, asked: Replay, messages: Iterator[Held]) -> None:
        sent = replay(
            platform_alone(), messages, per_second=asked.rate, replay_id=asked.watch.replay_id, until=asked.ends_early
        )
        for _ in sent:
            asked.done += 1


def _ended_as(asked: Replay) -> str:
    if asked.stop.is_set():
        return STOPPED
    if asked.watch.stopped:
        return FAILED_AGAIN
    return ENDED


class AlreadyRunningError(Exception):
    """Another replay runs; its id is the first argument."""
