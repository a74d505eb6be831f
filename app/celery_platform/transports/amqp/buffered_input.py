"""Input that has left the socket and waits in this process, where no poll of the socket reports it."""

from abc import ABC, abstractmethod


class BuffersInput(ABC):
    """A socket transport that reads more than the frame it was asked for, and keeps the rest.

    Whoever waits for input asks this before the socket.
    """

    @abstractmethod
    def has_input(self) -> bool:
        """Whether a frame, or bytes that TLS has decrypted, wait in this process."""
