"""An effect that happens once for each key, however often its message is delivered.

The key goes from absent to `pending:<token>` (a lease: its owner is at work) to `done`. A run that finds `done` has
nothing to do; one that finds `pending` waits, since the owner may have died or may be about to finish. Only the owner
may end or give up its lease. If the owner dies after the effect and before `done`, the lease runs out and the effect is
tried again: what can must carry a stable id of its own then (a gateway's idempotency key, an e-mail's Message-ID).
"""

import uuid
from enum import Enum

from app.observability.signals import effect_repeated
from app.reliability.valkey import valkey
from app.settings import runtime

# Most effects take less than a second; a dead owner's lease is looked at every so often.
LOOK_AGAIN_SECONDS = 5

_FINISH = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], 'done', 'EX', ARGV[2])
return 1
"""
_GIVE_UP = "if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end return redis.call('DEL', KEYS[1])"


class Claim(Enum):
    """What a run found."""

    OURS = "ours"
    DONE = "done"
    TAKEN = "taken"


class Once:
    """One effect. `lease_seconds` must outlast the effect, `keep_seconds` every redelivery of its message.

    Example: `once = Once("email:welcome-7", lease_seconds=60, keep_seconds=86_400); once.claim() is Claim.OURS`
    """

    def __init__(self, key: str, *, lease_seconds: int, keep_seconds: int) -> None:
        self._effect = key
        self._key = f"{runtime().environment.prefix}:once:{key}"
        self._pending = f"pending:{uuid.uuid4().hex}"
        self._lease_seconds = lease_seconds
        self._keep_seconds = keep_seconds

    def claim(self) -> Claim:
        """Try to become the owner."""
        if valkey().set(self._key, self._pending, nx=True, ex=self._lease_seconds):
            return Claim.OURS
        if valkey().get(self._key) != "done":
            return Claim.TAKEN
        effect_repeated.send(sender=None, key=self._effect)
        return Claim.DONE

    def patience(self) -> float:
        """Seconds after which to look again at a key that is taken: its owner is about to finish, or its lease ends."""
        lease_left = int(valkey().pttl(self._key)) / 1000
        return min(max(1.0, lease_left), LOOK_AGAIN_SECONDS)

    def finish(self) -> bool:
        """The effect happened. False when the lease had run out meanwhile, so that another run may own it."""
        return bool(valkey().eval(_FINISH, 1, self._key, self._pending, self._keep_seconds))

    def give_up(self) -> None:
        """The effect did not happen: the next run need not wait for the lease to end."""
        valkey().eval(_GIVE_UP, 1, self._key, self._pending)
