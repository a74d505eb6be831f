"""JSON that is no answer of AWS: a proxy or a portal in between answered with a list or `null`.

botocore 1.44 parses it with a bare AttributeError or TypeError, which no caller of a client expects: it ended gevent
workers, and commands with a traceback. Here it is an error of botocore's as any other.
"""

import json
from contextlib import suppress
from typing import Any

from botocore.exceptions import BotoCoreError

SHOWN_BYTES = 100


class ForeignAnswerError(BotoCoreError):  # type: ignore[misc] # has no stub
    """What answered is not AWS."""

    fmt = "an answer that is not of AWS: {start}"


def refuse_foreign_answers(client: Any) -> Any:
    """Have a client of botocore's raise `ForeignAnswerError` for them; returns the client.

    Example: `refuse_foreign_answers(session.create_client("sqs"))`
    """
    client.meta.events.register("before-parse", _refuse)
    return client


def _refuse(operation_model: Any, response_dict: Any, **_: Any) -> None:
    body = response_dict["body"]
    if operation_model.service_model.resolved_protocol != "json" or not body or body.startswith(b"{"):
        return
    with suppress(ValueError):  # a page, which botocore reads as text
        if not isinstance(json.loads(body), dict):
            raise ForeignAnswerError(start=body[:SHOWN_BYTES])
