"""Which messages await the broker's confirmation, and which it has confirmed or refused."""

from collections.abc import Iterable
from itertools import takewhile

NACKED = "nacked: the broker could not take it (a full queue that rejects, or a node that is short of resources)"


class Window:
    """Confirmations of one channel, by the number that the broker counts its messages with, from 1."""

    def __init__(self) -> None:
        self._awaiting: dict[int, int] = {}  # broker's number -> index of the call, in order of sending
        self._sent = 0
        self.confirmed: set[int] = set()
        self.refused: dict[int, str] = {}

    def __len__(self) -> int:
        """How many messages were sent and not confirmed."""
        return len(self._awaiting)

    def sent(self, index: int) -> None:
        """Note that the message of this call was written."""
        self._sent += 1
        self._awaiting[self._sent] = index

    def acked(self, tag: int, multiple: bool) -> None:
        """Note that the broker has these messages: py-amqp's callback for `basic.ack`."""
        self.confirmed.update(self._settle(tag, multiple))

    def nacked(self, tag: int, multiple: bool) -> None:
        """Note that the broker refused these messages: py-amqp's callback for `basic.nack`."""
        self.refused.update(dict.fromkeys(self._settle(tag, multiple), NACKED))

    def awaiting(self) -> Iterable[int]:
        """Indexes of the messages that the broker has neither confirmed nor refused, in order of sending."""
        return list(self._awaiting.values())

    def _settle(self, tag: int, multiple: bool) -> list[int]:
        tags = takewhile(lambda each: each <= tag, list(self._awaiting)) if multiple else (tag,)
        return [self._awaiting.pop(each) for each in tags if each in self._awaiting]
