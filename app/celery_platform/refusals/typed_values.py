"""Refuses arguments that no worker can read: a dictionary that kombu takes for its notation of a value, and is none.

kombu writes a time as `{"__type__": "datetime", "__value__": "2026-11-28T12:00:00"}`, with exactly these two keys, and
reads each such dictionary as a value: one of an application's own, with another type or another value, fails.
"""

from collections.abc import Mapping
from typing import Any

from kombu.compression import decompress
from kombu.utils.json import loads

from celery_platform.errors import RefusedMessageError

JSON = "application/json"
MARK = b"__type__"


def refuse_values_that_no_worker_reads(
    task: str, body: str | bytes, content_type: str | None, headers: Mapping[str, Any] | None = None
) -> None:
    """Read a message's body as a worker would, where it may have such a dictionary.

    Raises:
        RefusedMessageError: a worker could not read it.
    """
    if content_type != JSON:
        return
    compression = (headers or {}).get("compression")
    raw = body.encode() if isinstance(body, str) else body
    text = decompress(raw, compression) if compression else raw
    if MARK not in text:
        return
    try:
        loads(text)
    except Exception as error:
        raise RefusedMessageError(
            expected=f"arguments of {task} that a worker can read",
            found=f"a dictionary of __type__ and __value__ that is no value of kombu's ({error!r:.200})",
            remedy="Use other keys, or add one: kombu takes a dictionary with exactly these two for a value.",
        ) from None
