"""The two kinds of failure: one may pass by itself, the other will not."""

from kombu.exceptions import SerializationError

from celery_platform.errors import RefusedMessageError

# What a message itself is the reason of when it is published: no other attempt ends otherwise.
NEVER_PUBLISHED = (SerializationError, RefusedMessageError, TypeError, ValueError)


class TransientError(Exception):
    """The task may succeed when tried again: a time-out, a refused connection, a 503. It is retried by itself."""


class StoreAwayError(TransientError):
    """A store that the platform keeps claims, limits, counts or orders in does not answer, or refuses for now.

    That is nobody's failure: the task is sent back to its queue until the store answers, whatever number of retries it
    has. Raise it, too, for a store of an application's own.
    """


class PermanentError(Exception):
    """The task fails whenever it is tried: a refused order, a missing file. Its message is dead-lettered."""

    # Whether the message is dead-lettered.
    dead_letter = True
