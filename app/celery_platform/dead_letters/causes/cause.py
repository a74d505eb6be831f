"""The cause of a dead-lettered message: its task, its error, and where the application raised it."""

import hashlib
import json
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from celery_platform.brokers.dead_lettered.message import DeadLetteredMessage
from celery_platform.dead_letters.causes.frames import own_frame
from celery_platform.dead_letters.causes.normalised import normalised

KEY_CHARACTERS = 10
_TYPE = re.compile(r"[A-Za-z_]\w*")
_LAST_LINE = re.compile(r"^(?:\s*\|\s*)?(?P<type>[A-Za-z_][\w.]*)(?::|$)", re.MULTILINE)


@dataclass(frozen=True)
class Cause:
    """What messages that failed alike have in common. `key` is the same in every process, and stays so.

    `error` is the error's type, with its module where the traceback says it. `message` is what it said, without ids and
    numbers. `frame` is a file and a function, and no line: those move with each release.
    """

    task: str
    error: str
    message: str
    frame: str

    @cached_property
    def key(self) -> str:
        """What `--cause` takes."""
        content = json.dumps([self.task, self.error, self.message, self.frame])
        return hashlib.sha256(content.encode()).hexdigest()[:KEY_CHARACTERS]

    @property
    def said(self) -> str:
        """The error's type, without its module, and what it said."""
        return f"{self.error.rpartition('.')[2]}: {self.message}".removeprefix(": ")

    def as_json(self) -> dict[str, Any]:
        """Every field, and the key."""
        return {
            "key": self.key,
            "task": self.task,
            "error": self.error,
            "message": self.message,
            "frame": self.frame,
        }


def cause_of(message: DeadLetteredMessage) -> Cause:
    """The cause of a message. Two messages that differ in ids and numbers alone have the same.

    Example: `cause_of(message).message == "order <id>: <id>"`
    """
    name, _, said = message.reason.partition(": ")
    if not _TYPE.fullmatch(name):
        name, said = "", message.reason
    frame = own_frame(message.traceback, message.task)
    return Cause(message.task, _qualified(name, message.traceback), normalised(said), str(frame) if frame else "")


def _qualified(name: str, traceback: str | None) -> str:
    """The type with its module, as the traceback ends with it: two modules may have an error of the same name."""
    named = [found["type"] for found in _LAST_LINE.finditer(traceback or "")]
    return next((each for each in reversed(named) if name and each.rpartition(".")[2] == name), name)
