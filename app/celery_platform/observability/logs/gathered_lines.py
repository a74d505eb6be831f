"""A handler that writes several lines of outcomes with one write: each alone would take longer than a short task."""

import logging
import os
import threading
from contextlib import suppress
from typing import TextIO

from celery_platform.observability import gathered
from celery_platform.observability.logs.context import FIELDS

# Several processes may share a pipe, which keeps writes of this size whole (PIPE_BUF of Linux).
WHOLE_CHARACTERS = 4096


class GatheredLines(logging.StreamHandler[TextIO], gathered.Gathers):
    """Gathers the lines of attempts that ended well. Any other line is written at once, after those before it.

    Example: `gathered.register(GatheredLines(sys.stderr))`
    """

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._lines: list[str] = []
        self._characters = 0
        # No process is forked while a thread writes: the child would have a copy of the stream's buffer, which it would
        # write again, and of its lock, which nobody releases there (Python renews those of its standard streams alone).
        self._writing = threading.RLock()
        os.register_at_fork(
            before=self._writing.acquire, after_in_parent=self._writing.release, after_in_child=self._writing.release
        )

    def emit(self, record: logging.LogRecord) -> None:
        """Gather a line, or write it."""
        try:
            self._add(self.format(record))
            if record.levelno > logging.INFO or not hasattr(record, FIELDS):
                self._write()
            else:
                gathered.send_soon(self)
        except RecursionError:
            raise
        except Exception:
            self.handleError(record)

    def gather(self, text: str) -> None:
        """Gather a line that is formatted already."""
        self.acquire()
        try:
            with suppress(OSError, ValueError):
                self._add(text)
        finally:
            self.release()
        gathered.send_soon(self)

    def _add(self, text: str) -> None:
        line = text + self.terminator
        if self._characters + len(line) > WHOLE_CHARACTERS:
            self._write()
        self._lines.append(line)
        self._characters += len(line)

    def _write(self) -> None:
        if self._lines:
            lines, self._lines, self._characters = self._lines, [], 0
            with self._writing:
                self.stream.write("".join(lines))
                self.stream.flush()

    def flush(self) -> None:
        """Write what is gathered, and whatever the stream has not written yet."""
        self.acquire()
        try:
            with suppress(OSError, ValueError):
                self._write()
            with self._writing:
                super().flush()
        finally:
            self.release()

    def send(self) -> None:
        """Write what is gathered."""
        self.acquire()
        try:
            with suppress(OSError, ValueError):  # whoever read the stream has gone, or it was closed
                self._write()
        finally:
            self.release()

    def forget(self) -> None:
        """Forget what is gathered."""
        self._lines, self._characters = [], 0
