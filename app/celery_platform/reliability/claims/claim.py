"""A claim on a key: the state machine that is the same in every store.

    absent --claim--> pending(token, lease) --finish--> done(result) --kept long enough--> absent
                          |       ^
              give up,    |       | claim, with a larger token
              lease over  +-------+

The token is a fencing token: each owner of a key has a larger one than those before it. The system that an owner writes
to can refuse the smaller token of a slow owner that has lost its lease (Kleppmann, "How to do distributed locking").
"""

from dataclasses import dataclass
from enum import Enum
from typing import Protocol


class State(Enum):
    """What a run finds when it claims a key."""

    OURS = "ours"
    TAKEN = "taken"
    DONE = "done"


@dataclass(frozen=True)
class Claim:
    """The answer to a claim.

    `token` is the fencing token (`OURS`), 0 otherwise. `lease_left` is how many seconds the other owner's lease still
    has (`TAKEN`). `result` is the result of the run that finished, as text (`DONE`; `claims.result`).
    """

    key: str
    state: State
    token: int = 0
    lease_left: float = 0.0
    result: str = "null"


class ClaimStore(Protocol):
    """Where claims are kept. Each call is one round trip; all are safe for many threads, processes and hosts.

    A store that is away raises `StoreAwayError`, which sends the task back to its queue.
    """

    def claim(self, key: str, *, lease_seconds: float) -> Claim:
        """Become the owner of `key` for `lease_seconds`, unless it is done or another's lease runs."""
        ...

    def look(self, key: str) -> State | None:
        """What a run that claims `key` would find, without claiming it: `TAKEN`, `DONE`, or `None` for a free key."""
        ...

    def finish(self, claim: Claim, result: str, *, keep_seconds: float) -> bool:
        """Record that the effect happened: the key is `done` for `keep_seconds`.

        This also works after the lease is over, if no other run took the key since. Returns false, and writes nothing,
        when another run owns the key or has finished.
        """
        ...

    def give_up(self, claim: Claim) -> None:
        """Record that the effect did not happen, so that the next run need not wait. A lost lease is left alone."""
        ...
