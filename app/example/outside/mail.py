"""A mail server that stores what it receives, so that duplicates can be detected."""

import threading
from email import message_from_bytes, policy
from typing import Any

from aiosmtpd.controller import Controller


class Inbox:
    """The received mails, and the handler that aiosmtpd calls for each."""

    def __init__(self) -> None:
        self._messages: list[dict[str, str]] = []
        self._lock = threading.Lock()

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        """Store one mail for each recipient. aiosmtpd calls it at the end of a mail."""
        mail = message_from_bytes(envelope.content, policy=policy.default)
        with self._lock:
            self._messages += [
                {"message_id": str(mail["Message-ID"] or ""), "to": str(to), "subject": str(mail["Subject"] or "")}
                for to in envelope.rcpt_tos
            ]
        return "250 Message accepted for delivery"

    def messages(self) -> list[dict[str, str]]:
        """All received mails, oldest first."""
        with self._lock:
            return list(self._messages)


def serve(inbox: Inbox, host: str, port: int) -> Controller:
    """Start the server in a separate thread; `.stop()` ends it.

    Raises:
        OSError: the port is taken.
    """
    controller = Controller(inbox, hostname=host, port=port)
    controller.start()
    return controller
