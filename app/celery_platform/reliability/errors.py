"""The two ways a task fails: it may pass by itself, or it will not."""


class TransientError(Exception):
    """May succeed when tried again: a time-out, a refused connection, a 503. Every task retries it by itself."""


class PermanentError(Exception):
    """Will fail whenever it is tried: a refused order, a file that is not there. Goes to the dead letters."""

    # Whether the message is kept with the dead letters.
    dead_letter = True
