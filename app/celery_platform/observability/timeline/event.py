"""What is kept of an attempt at a task, or of how its delivery was settled, as one line of JSON."""

import json
from json.encoder import encode_basestring_ascii as quoted
from typing import Any, NamedTuple

# A longer line is written again with its texts cut: whoever sends a message chooses its id and the name of its task.
MOST_CHARACTERS = 1_200
MOST_OF_A_TEXT = 200
# Of seconds: no time that a calendar has is larger.
MOST_OF_A_NUMBER = 1e12
NO_TEXT, NOTHING = '""', "null"


class Event(NamedTuple):
    """Something that happened to the task `id` at `at`. Times are seconds since 1970; `None` where one is not known.

    `what` is a state of `Outcome` or a value of `Settlement`. `root` is the task that the canvas began with, empty
    where that is this one; `parent` the one that sent this one. The task was first sent at `sent`. Of an attempt, the
    message was published at `published`, and was due at `due` if it had a countdown; the attempt ran for `seconds`.
    """

    at: float
    id: str
    what: str
    task: str = ""
    queue: str = ""
    attempt: int = 0
    worker: str = ""
    root: str = ""
    parent: str = ""
    sent: float | None = None
    published: float | None = None
    due: float | None = None
    seconds: float | None = None
    error: str = ""
    trace: str = ""

    @property
    def began(self) -> float | None:
        """When the attempt began."""
        return None if self.seconds is None else self.at - self.seconds


def line_of(event: Event) -> str:
    """The event as it is stored: a list, because names would take half of the store. Times are whole milliseconds.

    Example: `event_of(line_of(event)) == event`, to the millisecond
    """
    at, task_id, what, task, queue, attempt, worker, root, parent, sent, published, due, seconds, error, trace = event
    # Headers times a float: a header may be a text, and a text times 1000 is one, too, a thousand times as long.
    line = (
        f"[{int(at * 1000)},{quoted(task_id[:MOST_OF_A_TEXT])},{quoted(what)},{quoted(task)},{quoted(queue)},{attempt},"
        f"{quoted(worker)},{quoted(root[:MOST_OF_A_TEXT]) if root else NO_TEXT},"
        f"{quoted(parent) if parent else NO_TEXT},"
        f"{NOTHING if sent is None else int(sent * 1000.0)},"
        f"{NOTHING if published is None else int(published * 1000.0)},"
        f"{NOTHING if due is None else int(due * 1000)},{NOTHING if seconds is None else int(seconds * 1000)},"
        f"{quoted(error) if error else NO_TEXT},{quoted(trace) if trace else NO_TEXT}]"
    )
    return line if len(line) <= MOST_CHARACTERS else _cut(line)


def event_of(line: str) -> Event:
    """The inverse of `line_of`. A later release may write more at the end, which is left out.

    Raises:
        ValueError, TypeError, IndexError: the line is not one.
    """
    at, task_id, what, task, queue, attempt, worker, root, parent, *found = json.loads(line)
    sent, published, due, seconds, error, trace = found[:6]
    return Event(
        at / 1000, str(task_id), str(what), str(task), str(queue), int(attempt), str(worker), str(root), str(parent),
        _seconds(sent), _seconds(published), _seconds(due), _seconds(seconds), str(error), str(trace),
    )  # fmt: skip


def plain(event: Event) -> Event:
    """The event with values of the types that it should have: texts of whatever else, numbers as none.

    Example: `plain(event._replace(root=7, sent="now")) == event._replace(root="7", sent=None)`
    """
    kinds = Event.__annotations__
    return Event(*(_typed(value, kinds[name]) for name, value in zip(Event._fields, event, strict=True)))


def _typed(value: Any, kind: Any) -> Any:
    if kind is str:
        return str(value)
    known = type(value) in (int, float) and abs(value) < MOST_OF_A_NUMBER
    return value if known else (0 if kind is int else None)


def known_id(task_id: str) -> str:
    """An id as it is kept: one that is very long is cut."""
    return task_id[:MOST_OF_A_TEXT]


def mark_of(task_id: str) -> str:
    """What each line has that names an id: most lines are left out by it without being read."""
    return quoted(task_id)


def _cut(line: str) -> str:
    """The line with each text as long as there is room for: an escape takes six characters, a pair of them twelve."""
    values, most = json.loads(line), MOST_OF_A_TEXT
    while len(line) > MOST_CHARACTERS and most:
        line = json.dumps([value[:most] if isinstance(value, str) else value for value in values])
        most //= 2
    return line


def _seconds(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else milliseconds / 1000
