"""A minimal Redis client for the few commands that the exporter sends to Redis or Valkey.

Loading redis-py takes 25 MiB, as much as the rest of the exporter.
"""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedRWPair
from urllib.parse import unquote, urlsplit

from celery_platform.errors import SettingsError

CONNECT_SECONDS, ANSWER_SECONDS = 3, 5
Reply = bytes | int | list["Reply"] | None


def ask(url: str, *commands: tuple[str, ...]) -> list[Reply]:
    """Send commands over a new connection and return the reply to each.

    Raises:
        OSError: the server does not answer, or its certificate is not trusted.
        SettingsError: the server refuses a command, for example because of a wrong password.

    Example: `ask("redis://127.0.0.1:6379/1", ("EXISTS", "key")) == [0]`
    """
    where = urlsplit(url)
    first: list[tuple[str, ...]] = []
    if where.password:
        first.append(("AUTH", unquote(where.username or "default"), unquote(where.password)))
    if where.path.strip("/"):
        first.append(("SELECT", where.path.strip("/")))
    with _connection(where.hostname or "localhost", where.port or 6379, tls=where.scheme == "rediss") as stream:
        stream.write(b"".join(map(_encoded, (*first, *commands))))
        stream.flush()
        return [_reply(stream) for _ in (*first, *commands)][len(first) :]


def pairs(reply: Reply) -> list[tuple[str, str]]:
    """The pairs of a reply that alternates between two things, such as that of HGETALL or ZRANGE WITHSCORES.

    Example: `pairs([b"io", b"2"]) == [("io", "2")]`
    """
    texts = [item.decode() for item in reply if isinstance(item, bytes)] if isinstance(reply, list) else []
    return list(zip(texts[::2], texts[1::2], strict=True))


@contextmanager
def _connection(host: str, port: int, *, tls: bool) -> Iterator[BufferedRWPair]:
    with socket.create_connection((host, port), CONNECT_SECONDS) as plain:
        plain.settimeout(ANSWER_SECONDS)
        if not tls:
            with plain.makefile("rwb") as stream:
                yield stream
            return
        with ssl.create_default_context().wrap_socket(plain, server_hostname=host) as safe, safe.makefile("rwb") as it:
            yield it


def _encoded(command: tuple[str, ...]) -> bytes:
    """A command in RESP (redis.io, "Redis serialization protocol specification")."""
    words = [word.encode() for word in command]
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)


def _reply(stream: BufferedRWPair) -> Reply:
    line = stream.readline()
    if not line.endswith(b"\r\n"):
        raise ConnectionError("the store closed the connection")
    kind, rest = line[:1], line[1:-2]
    if kind == b"-":
        raise SettingsError(
            expected="the store to answer the exporter", found=rest.decode(), remedy="Check its user and password."
        )
    if kind == b"$":
        return stream.read(int(rest) + 2)[:-2] if int(rest) >= 0 else None
    if kind == b"*":
        return [_reply(stream) for _ in range(int(rest))]
    return int(rest) if kind == b":" else rest
