"""Claims in Valkey: a key's value is `pending:<token>` or `done:<result>`, and its time to live is the lease.

Tokens are the server's clock in microseconds, so they grow without a counter that a failover could lose. They do not
grow when the clock is set back, but the lease, on the same server, is right even then.
"""

from typing import Any

from redis import Redis

from celery_platform.reliability.claims.claim import Claim, State
from celery_platform.reliability.valkey import valkey
from celery_platform.settings import runtime

# KEYS[1]: the key; ARGV: lease in ms. Returns the key's value and its time to live in ms, or '' and the new token.
_CLAIM = """
local held = redis.call('GET', KEYS[1])
if held then return {held, redis.call('PTTL', KEYS[1])} end
local clock = redis.call('TIME')
local token = clock[1] .. string.format('%06d', clock[2])
redis.call('SET', KEYS[1], 'pending:' .. token, 'PX', ARGV[1])
return {'', token}
"""
# ARGV: the owner's value, the result, for how many ms the result is kept.
_FINISH = """
local held = redis.call('GET', KEYS[1])
if held and held ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], 'done:' .. ARGV[2], 'PX', ARGV[3])
return 1
"""
_GIVE_UP = "if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end return redis.call('DEL', KEYS[1])"


class ValkeyClaims:
    """Claims under `<prefix>:claim:<key>`.

    Example: `ValkeyClaims(valkey(), "celery-prod").claim("email:welcome-7", lease_seconds=30).state is State.OURS`
    """

    def __init__(self, client: Redis, prefix: str) -> None:
        self._client = client
        self._prefix = f"{prefix}:claim:"

    def claim(self, key: str, *, lease_seconds: float) -> Claim:
        """As `ClaimStore`."""
        answer: Any = self._client.eval(_CLAIM, 1, self._prefix + key, _ms(lease_seconds))
        held, number = answer
        kind, _, result = held.partition(":")
        if not kind:
            return Claim(key, State.OURS, token=int(number))
        if kind == "done":
            return Claim(key, State.DONE, result=result)
        return Claim(key, State.TAKEN, lease_left=max(0, int(number)) / 1000)

    def look(self, key: str) -> State | None:
        """As `ClaimStore`."""
        held: Any = self._client.get(self._prefix + key)
        if not held:
            return None
        return State.DONE if held.startswith("done:") else State.TAKEN

    def finish(self, claim: Claim, result: str, *, keep_seconds: float) -> bool:
        """As `ClaimStore`."""
        name = self._prefix + claim.key
        return bool(self._client.eval(_FINISH, 1, name, f"pending:{claim.token}", result, _ms(keep_seconds)))

    def give_up(self, claim: Claim) -> None:
        """As `ClaimStore`."""
        self._client.eval(_GIVE_UP, 1, self._prefix + claim.key, f"pending:{claim.token}")


def valkey_claims() -> ValkeyClaims:
    """Return the environment's claims, in the Valkey that keeps results."""
    return ValkeyClaims(valkey(), runtime().environment.prefix)


def _ms(seconds: float) -> int:
    return max(1, int(seconds * 1000))
