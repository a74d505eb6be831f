"""Socket transports that read as many frames as have arrived with one `recv`.

py-amqp reads a frame's header, its payload and its end one by one and switches the socket's time-out around each, and a
message has three frames. Here bytes are taken as they come and frames are cut out of them.
"""

import socket
import ssl
from functools import cache
from struct import Struct
from typing import Any

from amqp.exceptions import UnexpectedFrame
from amqp.transport import SSLTransport, TCPTransport

from celery_platform.transports.amqp.buffered_input import BuffersInput

READ_BYTES = 65_536
HEADER = Struct(">BHI")  # type, channel, size of the payload
FRAME_END = 0xCE
METHOD, CONTENT_HEADER, BODY = 1, 2, 3
# The class and method of `connection.close` and `channel.close`, at the beginning of their frames' payloads.
CLOSES = (b"\x00\x0a\x00\x32", b"\x00\x14\x00\x28")
# Beyond what any broker negotiates (RabbitMQ's default is 128 KiB): such a size is a stream out of step, not a frame.
LARGEST_FRAME = 64 * 1024 * 1024

Frame = tuple[int, int, bytes]


class _BufferedReads(BuffersInput):
    """Cuts frames out of a buffer. They are the same whether bytes arrive one by one or many frames at once."""

    sock: Any
    connected: bool

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._buffer = b""
        self._position = 0
        self._arrived: list[bytes] = []
        self._missing = 0
        # Whether the next frame is the broker's close of the connection or of a channel.
        self.closes = False

    def next_frame(self) -> Frame | None:
        """A frame that has arrived whole, or `None`.

        Raises:
            UnexpectedFrame: what arrived is not a frame; the connection cannot be used any more.
        """
        buffer, start = self._buffer, self._position
        if self._missing > 0 or len(buffer) - start < 8:
            return None
        kind, channel, size = HEADER.unpack_from(buffer, start)
        end = start + 7 + size
        if end >= len(buffer):
            self._expect(size, end + 1 - len(buffer))
            return None
        if buffer[end] != FRAME_END:
            raise UnexpectedFrame(f"Received frame_end {buffer[end]:#04x} while expecting 0xce")
        self._position = end + 1
        return kind, channel, buffer[start + 7 : end]

    def next_frame_of(self, channel: int) -> Frame | None:
        """The next frame of this channel that has arrived whole, ahead of those of other channels, or `None`.

        AMQP 0-9-1 (section 4.2.3) orders frames within a channel only.
        """
        buffer, start = self._buffer, self._position
        if self._missing > 0 or self.closes or not any(begin in buffer for begin in _begins_of(channel)):
            return None
        while len(buffer) - start >= 8:
            kind, found, size = HEADER.unpack_from(buffer, start)
            end = start + 7 + size
            if end >= len(buffer) or buffer[end] != FRAME_END:
                return None
            if found == channel:
                self._buffer, self._position = buffer[self._position : start] + buffer[end + 1 :], 0
                return kind, found, buffer[start + 7 : end]
            start = end + 1
        return None

    def _expect(self, size: int, missing: int) -> None:
        if size > LARGEST_FRAME:
            raise UnexpectedFrame(f"Received a frame of {size} bytes")
        # Pieces of a large frame are joined once, when it is whole, not at each arrival.
        self._missing = missing

    def fill(self) -> int:
        """Read once from the socket, for as long as its time-out says; returns how many bytes arrived.

        Raises:
            TimeoutError: nothing arrived in time.
            OSError: the connection is lost.
        """
        try:
            data = self.sock.recv(READ_BYTES)
        except OSError as error:
            self._not_read(error)
            raise
        if not data:
            self.connected = False
            raise OSError("Server unexpectedly closed connection")
        self._keep(data)
        return len(data)

    def _not_read(self, error: OSError) -> None:
        if isinstance(error, TimeoutError | BlockingIOError | InterruptedError | ssl.SSLWantReadError):
            raise TimeoutError from error
        self.connected = False

    def _keep(self, data: bytes) -> None:
        if self._missing > 0:
            self._arrived.append(data)
            self._missing -= len(data)
            if self._missing > 0:
                return
            data = b"".join(self._arrived)
            self._arrived = []
        if self._position == len(self._buffer):
            self._buffer = data
        else:
            self._buffer = self._buffer[self._position :] + data
        self._position = 0
        for close in CLOSES:
            if close in self._buffer:  # it may also be in a message's body
                self._skip_to_close()
                return

    def _skip_to_close(self) -> None:
        """Let the broker's close be the next frame. What came before it is the broker's again: it is not to begin."""
        buffer, start = self._buffer, self._position
        while len(buffer) - start >= 8:
            kind, _, size = HEADER.unpack_from(buffer, start)
            end = start + 7 + size
            if end >= len(buffer):
                return
            if kind == METHOD and buffer[start + 7 : start + 11] in CLOSES:
                self._position, self.closes = start, True
                return
            start = end + 1

    def read_frame(self, unpack: Any = None) -> Frame:  # noqa: ARG002 - the signature of py-amqp
        """The next frame: one that has arrived, or the one that arrives within the socket's time-out.

        Raises:
            TimeoutError: none arrived in time.
            OSError, UnexpectedFrame: the connection cannot be used any more.
        """
        while (frame := self.next_frame()) is None:
            self.fill()
        return frame

    def has_input(self) -> bool:
        """Whether a whole frame waits in this process."""
        return self._missing <= 0 and self._position < len(self._buffer) and self._whole()

    def _whole(self) -> bool:
        buffer, start = self._buffer, self._position
        if len(buffer) - start < 8:
            return False
        return start + 7 + int(HEADER.unpack_from(buffer, start)[2]) < len(buffer)


@cache
def _begins_of(channel: int) -> list[bytes]:
    """What a frame of this channel begins with: searching for these costs less than going from frame to frame."""
    return [HEADER.pack(kind, channel, 0)[:3] for kind in (METHOD, CONTENT_HEADER, BODY)]


class BufferedTCP(_BufferedReads, TCPTransport):
    """The socket transport over TCP without TLS."""

    def fill_now(self) -> int:
        """Read once from the socket without waiting, whatever its time-out; returns how many bytes arrived, or 0.

        Raises:
            OSError: the connection is lost.
        """
        try:
            data = self.sock.recv(READ_BYTES, socket.MSG_DONTWAIT)
        except (BlockingIOError, InterruptedError):
            return 0
        except OSError:
            self.connected = False
            raise
        if not data:
            self.connected = False
            raise OSError("Server unexpectedly closed connection")
        self._keep(data)
        return len(data)


class BufferedTLS(_BufferedReads, SSLTransport):
    """Over TLS. One `recv` gives one record, 16 KiB at most; more may wait decrypted, where no poll sees them."""

    def fill_now(self) -> int:
        """Read once from the socket without waiting; returns how many bytes arrived, or 0.

        Raises:
            OSError: the connection is lost.
        """
        try:
            with self.having_timeout(0):
                return self.fill()
        except TimeoutError:
            return 0

    def has_input(self) -> bool:
        """Whether a whole frame waits in this process, or bytes that TLS has decrypted."""
        return super().has_input() or bool(self.sock is not None and self.sock.pending())
