"""Frames are the same however the bytes arrive, over TCP and over TLS."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import pairwise
from struct import pack
from typing import Any

import pytest
import trustme
from amqp.exceptions import UnexpectedFrame
from celery_platform.transports.amqp.buffered_reads import CLOSES, BufferedTCP, BufferedTLS, Frame, _BufferedReads
from hypothesis import given
from hypothesis import strategies as st

pytestmark = pytest.mark.server

PAYLOADS = st.binary(max_size=300).filter(lambda payload: not payload.startswith(CLOSES))
FRAMES = st.lists(st.tuples(st.sampled_from([1, 2, 3, 8]), st.integers(0, 9), PAYLOADS), max_size=8)
SOME: list[Frame] = [(1, 1, b"\0\x3c\0\x3c" + b"x" * 30), (2, 1, b"y" * 50), (3, 1, b"\xce" * 20), (8, 0, b"")]


def encoded(frames: list[Frame]) -> bytes:
    return b"".join(pack(f">BHI{len(body)}sB", kind, channel, len(body), body, 0xCE) for kind, channel, body in frames)


@contextmanager
def over_tcp() -> Iterator[tuple[BufferedTCP, socket.socket]]:
    """A transport and the broker's end of its connection."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        transport: Any = BufferedTCP("unused:1")
        transport.sock, transport.connected = ours, True
        transport._setup_transport()
        yield transport, theirs


@contextmanager
def over_tls() -> Iterator[tuple[BufferedTLS, ssl.SSLSocket]]:
    authority = trustme.CA()
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("localhost").configure_cert(server)
    authority.configure_trust(client)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        shaken: list[ssl.SSLSocket] = []
        shake = threading.Thread(target=lambda: shaken.append(server.wrap_socket(theirs, server_side=True)))
        shake.start()
        transport = BufferedTLS("unused:1")
        transport.sock, transport.connected = client.wrap_socket(ours, server_hostname="localhost"), True
        shake.join(10)
        yield transport, shaken[0]


def read_all(transport: _BufferedReads, count: int) -> list[Frame]:
    transport.sock.settimeout(5)
    return [transport.read_frame() for _ in range(count)]


@pytest.mark.parametrize("connection", [over_tcp, over_tls])
def test_frames_split_at_every_byte_are_read_whole(connection: Callable[[], object]) -> None:
    stream = encoded(SOME)
    for split in range(1, len(stream)):
        with connection() as (transport, broker):  # type: ignore[attr-defined]
            broker.sendall(stream[:split])
            transport.fill()
            while transport.next_frame() is not None:
                pass
            broker.sendall(stream[split:])
            rest = read_all(transport, sum(_end > split for _end in ends(SOME)))
        assert rest == [frame for frame, end in zip(SOME, ends(SOME), strict=True) if end > split]


def ends(frames: list[Frame]) -> list[int]:
    """Where each frame ends in the stream."""
    return [len(encoded(frames[: index + 1])) for index in range(len(frames))]


@given(frames=FRAMES, data=st.data())
def test_any_frames_in_any_pieces_are_read_as_sent(frames: list[Frame], data: st.DataObject) -> None:
    stream = encoded(frames)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(stream)), max_size=12)) | {0, len(stream)})
    read = []
    with over_tcp() as (transport, broker):
        for start, end in pairwise(cuts):
            broker.sendall(stream[start:end])
            assert transport.fill_now() == end - start
            while (frame := transport.next_frame()) is not None:
                read.append(frame)
        assert not transport.has_input()
    assert read == frames


@given(frames=FRAMES, channel=st.integers(0, 9), cut=st.integers(0, 40))
def test_frames_of_one_channel_can_be_read_first_and_the_others_in_their_order(
    frames: list[Frame], channel: int, cut: int
) -> None:
    stream = encoded(frames)
    end = max(0, len(stream) - cut)
    with over_tcp() as (transport, broker):
        broker.sendall(stream[:end])
        transport.fill_now() if end else None
        read = list(iter(partial(transport.next_frame_of, channel), None))
        broker.sendall(stream[end:])
        transport.fill_now() if cut else None
        rest = list(iter(transport.next_frame, None))

    arrived = [frame for frame, frame_end in zip(frames, ends(frames), strict=True) if frame_end <= end]
    first = [frame for frame in arrived if frame[1] == channel and frame[0] != 8]
    assert [frame for frame in read if frame[0] != 8] == first
    left = list(frames)
    for frame in read:
        left.remove(frame)
    assert rest == left


@pytest.mark.parametrize("connection", [over_tcp, over_tls])
def test_a_body_of_20_mib_is_read_whole(connection: Callable[[], object]) -> None:
    frames: list[Frame] = [(3, 1, bytes([number]) * 131_064) for number in range(160)]
    with connection() as (transport, broker):  # type: ignore[attr-defined]
        sender = threading.Thread(target=broker.sendall, args=(encoded(frames),))
        sender.start()
        read = read_all(transport, len(frames))
        sender.join(10)
    assert read == frames


def test_what_tls_holds_decrypted_counts_as_input() -> None:
    frames: list[Frame] = [(3, 1, b"x" * 1000)] * 100
    with over_tls() as (transport, broker):
        broker.sendall(encoded(frames))
        read = 0
        while read < len(frames):
            assert transport.has_input() or transport.fill_now(), "a poll of the socket would not end"
            if transport.next_frame() is not None:
                read += 1
            elif transport.has_input():
                transport.fill_now()


@pytest.mark.parametrize("connection", [over_tcp, over_tls])
def test_a_read_without_input_returns_at_once(connection: Callable[[], object]) -> None:
    with connection() as (transport, _broker):  # type: ignore[attr-defined]
        assert transport.fill_now() == 0
        assert transport.connected


@pytest.mark.parametrize("connection", [over_tcp, over_tls])
def test_a_broker_that_goes_away_is_an_error(connection: Callable[[], object]) -> None:
    with connection() as (transport, broker):  # type: ignore[attr-defined]
        broker.close()
        with pytest.raises(OSError, match="closed"):
            transport.fill_now()
        assert not transport.connected


@pytest.mark.parametrize(
    "stream", [encoded(SOME[:1])[:-1] + b"\0", pack(">BHI", 3, 1, 2**31) + b"x" * 20], ids=["no end", "too large"]
)
def test_what_is_not_a_frame_ends_the_connection(stream: bytes) -> None:
    with over_tcp() as (transport, broker):
        broker.sendall(stream)
        transport.fill_now()
        with pytest.raises(UnexpectedFrame):
            transport.next_frame()


@pytest.mark.parametrize("close", [b"\0\x0a\0\x32", b"\0\x14\0\x28"], ids=["connection", "channel"])
def test_what_arrived_before_a_close_does_not_begin(close: bytes) -> None:
    with over_tcp() as (transport, broker):
        broker.sendall(encoded([*SOME, (1, 0, close + b"as asked"), *SOME]))
        transport.fill()

        assert transport.next_frame() == (1, 0, close + b"as asked")


def test_the_words_of_a_close_in_a_message_are_no_close() -> None:
    frames = [(1, 1, b"\0\x3c\0\x3c" + b"\0\x0a\0\x32"), (3, 1, b"\0\x0a\0\x32")]
    with over_tcp() as (transport, broker):
        broker.sendall(encoded(frames))
        transport.fill()

        assert [transport.next_frame(), transport.next_frame()] == frames
