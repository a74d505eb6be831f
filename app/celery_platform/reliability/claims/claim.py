"""A claim on a key: the state machine that every store keeps alike.

    absent --claim--> pending(token, lease) --finish--> done(result) --kept long enough--> absent
                          |       ^
              give up,    |       | claim, with a larger token
              lease over  +-------+

The token is a fencing token: each owner of a key has a larger one than those before it. Whatever an owner writes can
refuse the smaller token of one that was only slow and has lost its lease (Kleppmann, "How to do distributed locking").
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

    `token` is the fencing token (`OURS`), 0 otherwise. `lease_left` is how many seconds another's lease still has
    (`TAKEN`). `result` is what the run that finished had to say, as JSON text (`DONE`).
    """

    key: str
    state: State
    token: int = 0
    lease_left: float = 0.0
    result: str = "null"


class ClaimStore(Protocol):
    """Where claims are kept. Each call is one round trip; all are safe for many threads, processes and hosts."""

    def claim(self, key: str, *, lease_seconds: float) -> Claim:
        """Become the owner of `key` for `lease_seconds`, unless it is done or another's lease runs."""
        ...

    def finish(self, claim: Claim, result: str, *, keep_seconds: float) -> bool:
        """The effect happened: `done` for `keep_seconds`, also when the lease is over and nobody took the key since.

        False, and nothing is written, when another owns the key or has done it.
        """
        ...

    def give_up(self, claim: Claim) -> None:
        """The effect did not happen: the next run need not wait for the lease. Nothing when that was lost meanwhile."""
        ...
