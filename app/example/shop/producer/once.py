"""Repeated requests: the same Idempotency-Key gets the same response, and its task is published once.

As in the IETF draft "The Idempotency-Key HTTP Header Field": 400 without a key, 409 if the first request with the key
is in progress, 422 if the key was used for another request.
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
    """The request of a key: `key` from the header, and everything that identifies the request."""

    key: str
    content: bytes

    @property
    def fingerprint(self) -> str:
        """A digest that is the same for the same request."""
        return hashlib.sha256(self.content).hexdigest()


def answer_once(claims: ClaimStore, request: Request, work: Callable[[], Answer]) -> Answer:
    """The response of `work`, which runs once for each key. A failed request may be repeated.

    Raises:
        RefuseError: 400, 409 or 422, as above.
    """
    if not 0 < len(request.key) <= MAX_KEY_LENGTH:
        raise RefuseError(400, f"the header Idempotency-Key is needed, of at most {MAX_KEY_LENGTH} characters")
    claim = claims.claim(f"request:{request.key}", lease_seconds=LEASE_SECONDS)
    if claim.state is State.TAKEN:
        raise RefuseError(409, "the first request with this Idempotency-Key is still in progress", retry_after=1)
    if claim.state is State.DONE:
        known: dict[str, Any] = json.loads(claim.result)
        if known["fingerprint"] != request.fingerprint:
            raise RefuseError(422, "this Idempotency-Key was used for another request")
        return Answer(known["status"], known["body"])
    try:
        answer = work()
    except Exception:
        claims.give_up(claim)
        raise
    kept = {"fingerprint": request.fingerprint, "status": answer.status, "body": answer.body}
    claims.finish(claim, json.dumps(kept), keep_seconds=KEEP_SECONDS)
    return answer
