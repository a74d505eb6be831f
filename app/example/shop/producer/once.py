"""Requests that are made again: the same Idempotency-Key gets the same answer, and its work is asked for once.

As in the IETF draft "The Idempotency-Key HTTP Header Field": no key is 400, a key whose first request is still at work
is 409, a key that comes again with another request is 422.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from celery_platform.reliability.claims import ClaimStore, State

from shop.producer.answer import Answer, RefuseError

LEASE_SECONDS = 30
KEEP_SECONDS = 86_400
MAX_KEY_LENGTH = 200


@dataclass(frozen=True)
class Request:
    """What a key stands for: `key` from the header, and all that makes the request what it is."""

    key: str
    content: bytes

    @property
    def fingerprint(self) -> str:
        """The same for the same request."""
        return hashlib.sha256(self.content).hexdigest()


def answer_once(claims: ClaimStore, request: Request, work: Callable[[], Answer]) -> Answer:
    """The answer of `work`, which runs once for each key; a request that failed may be made again.

    Raises:
        RefuseError: 400, 409 or 422, as above.
    """
    if not 0 < len(request.key) <= MAX_KEY_LENGTH:
        raise RefuseError(400, f"the header Idempotency-Key is needed, of at most {MAX_KEY_LENGTH} characters")
    claim = claims.claim(f"request:{request.key}", lease_seconds=LEASE_SECONDS)
    if claim.state is State.TAKEN:
        raise RefuseError(409, "the first request with this Idempotency-Key is still at work", retry_after=1)
    if claim.state is State.DONE:
        known: dict[str, Any] = json.loads(claim.result)
        if known["fingerprint"] != request.fingerprint:
            raise RefuseError(422, "this Idempotency-Key came with another request before")
        return Answer(known["status"], known["body"])
    try:
        answer = work()
    except Exception:
        claims.give_up(claim)
        raise
    kept = {"fingerprint": request.fingerprint, "status": answer.status, "body": answer.body}
    claims.finish(claim, json.dumps(kept), keep_seconds=KEEP_SECONDS)
    return answer
