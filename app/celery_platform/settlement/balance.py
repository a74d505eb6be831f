"""Whether each message that a worker took is settled or held by a task: `taken = settled + held`, at every moment.

A worker that loses a message between taking and settling holds it for good: it comes to nobody else, and takes the
place of another in the prefetch window. A slot of the pool that belongs to no task does no work. Neither ends while the
worker lives, so whoever watches its liveness is to start it again; the broker then delivers again what it held.
"""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from typing import Any

from celery_platform.settlement.places import active
from celery_platform.transports.slots import Places

# Acknowledgements are pending for up to a second, and a new process of a pool takes seconds to be up.
GRACE_SECONDS = 30.0
# A worker that was frozen sees a moment long ago and one now: that what is wrong was so all the time is not known.
SIGHTINGS = 3

Problem = tuple[str, Hashable]
UNSETTLED, EMPTY_SLOT = "unsettled message", "slot without a task"


def problems(held: set[Any], channel: Any, places: Places) -> Iterable[Problem]:
    """Yield what does not balance now. Most of it does a moment later; see `Lasting`.

    `held` are the delivery tags that `channel` holds. How many they are is not compared: the broker counts the prefetch
    for each consumer, so that one which was renewed holds more than the count, and nothing is lost by it.
    """
    tasks = [request for request in (*places.waiting, *places.running) if request is not None]
    owned = {request.message.delivery_tag for request in tasks if request.message.channel is channel}
    yield from ((UNSETTLED, tag) for tag in held - owned)
    yield from ((EMPTY_SLOT, request) for request in places.running if request is not None and not active(request))
    yield from ((EMPTY_SLOT, number) for number in range(places.without_request))


@dataclass
class Lasting:
    """Which problems have been there, each of them the same, for `GRACE_SECONDS`.

    Example: `lasting.after(monotonic(), problems(...))`
    """

    _seen: dict[Problem, tuple[float, int]] = field(default_factory=dict)

    def after(self, now: float, found: Iterable[Problem]) -> list[Problem]:
        """Return those that last, given what is found `now`, in seconds of the monotonic clock."""
        before, self._seen = self._seen, {}
        for problem in found:
            since, times = before.get(problem, (now, 0))
            self._seen[problem] = (since, times + 1)
        return [
            problem
            for problem, (since, times) in self._seen.items()
            if now - since >= GRACE_SECONDS and times >= SIGHTINGS
        ]

    def clear(self) -> None:
        """Forget everything: the messages are another connection's."""
        self._seen = {}
