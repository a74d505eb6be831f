"""The two kinds of failure: one may pass by itself, the other will not."""


class TransientError(Exception):
    """The task may succeed when tried again: a time-out, a refused connection, a 503. It is retried by itself."""


class PermanentError(Exception):
    """The task fails whenever it is tried: a refused order, a missing file. Its message is dead-lettered."""

    # Whether the message is dead-lettered.
    dead_letter = True
