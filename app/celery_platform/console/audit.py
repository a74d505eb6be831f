"""The audit log: who did what, when and from where, a line of JSON for each."""

import json
import logging
import os
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from celery_platform.console.security.person import Person
from celery_platform.errors import SettingsError

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class AuditLog:
    """A file to which lines are only ever added. Only its owner may read it. Each line is in the process's log, too.

    Example: `AuditLog(Path("console-audit.jsonl")).write(person, "replay", {"id": "a1", "queue": "email"})`
    """

    file: Path
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def check(self) -> None:
        """Find out before anything is done whether lines can be written.

        Raises:
            SettingsError: they cannot.
        """
        try:
            self._open().close()
        except OSError as error:
            raise SettingsError(
                expected=f"to write the audit log {self.file}",
                found=str(error),
                remedy="Name a file that this user may write with --audit-log.",
            ) from None

    def write(self, person: Person, action: str, what: dict[str, Any]) -> None:
        """Add a line, which is on the disk when this returns.

        Raises:
            AuditError: it could not be written; whoever asked may then not do the action.
        """
        line = {
            "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "who": person.name,
            "from": person.address,
            "action": action,
        } | what
        text = json.dumps(line, default=str)
        try:
            with self._lock, self._open() as file:
                file.write(f"{text}\n".encode())
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise AuditError(str(error)) from error
        logger.info("audit: %s", text)

    def _open(self) -> BinaryIO:
        return os.fdopen(os.open(self.file, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600), "ab")


class AuditError(Exception):
    """An action cannot be written to the audit log."""
