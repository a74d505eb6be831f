"""A chord's body is lost when the broker does not take it: the last of its parts ends as if it had been sent.

Celery's Redis backend publishes the body when the last part returns (`RedisBackend.on_chord_part_return`). An error of
that is logged and stored as the body's failure, what the parts returned is deleted, and the part is acknowledged: in a
failover of the broker the body was in no queue. Here the error is the part's, whose message is dead-lettered or goes
back to its queue, and what the parts returned stays until the store's `result_expires`. When that message comes again,
the part is not counted twice, and the body is published.
An error that the body itself is the reason of (it is too large) ends the chord, as before.
Unnecessary as soon as Celery raises such an error; `tests/celery_platform/guards` shows it without the guard.
"""

import logging
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from celery import maybe_signature
from celery.backends import redis
from redis.exceptions import RedisError

from celery_platform.reliability.errors import NEVER_PUBLISHED

logger = logging.getLogger(__name__)
Stock: Any = redis.RedisBackend  # the stubs know little of what is extended here

# The attribute of a request whose part was counted, and after which the body was not published.
_COUNTED = "chord_part_counted"


class _NotPublished(BaseException):
    """The broker did not take the body, for the reason that is its cause. It passes Celery's handlers of exceptions."""


@dataclass(frozen=True)
class _Part:
    """What `on_chord_part_return` reads of a request, with a `chord` of our own."""

    id: Any
    group: Any
    group_index: Any
    chord: Any


class KeepsChords(Stock):  # type: ignore[misc]
    """Mixed into Celery's Redis backend."""

    def on_chord_part_return(self, request: Any, state: Any, result: Any, *args: Any, **kwargs: Any) -> Any:
        """Count a part, and publish the body after the last one.

        Raises:
            Exception: the broker did not take the body; it is published when this part's message comes again.
        """
        if getattr(request, _COUNTED, False):
            return None  # Celery reports the part's failure, which is that of publishing
        body: Any = maybe_signature(request.chord, app=self.app)
        if body is None:
            return super().on_chord_part_return(request, state, result, *args, **kwargs)
        delay = body.delay

        def publish(results: Any) -> Any:
            try:
                return delay(results)
            except NEVER_PUBLISHED:
                raise
            except Exception as error:
                with suppress(RedisError):  # the claim then ends by itself, after some seconds
                    self.client.delete(self.get_key_for_group(request.group, ".c"))
                raise _NotPublished from error

        body.delay = publish
        part = _Part(request.id, request.group, request.group_index, body)
        try:
            return super().on_chord_part_return(part, state, result, *args, **kwargs)
        except _NotPublished as refused:
            setattr(request, _COUNTED, True)
            logger.warning("the body of chord %s was not published; its last part comes again", request.group)
            raise refused.__cause__ from None  # type: ignore[misc] # it always has one
        finally:
            del body.delay  # Celery's own again, should the request have kept the signature
