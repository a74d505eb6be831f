"""Secrets without a value, to which the emulator (ministack 1.5.33) gives an empty version labelled AWSCURRENT.

AWS creates a version only "if you include SecretString or SecretBinary" (Secrets Manager API Reference, CreateSecret).
Without this, an apply on an emulated account would not see which secrets need their first value.
"""

import json
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

Request = dict[str, Any]
Response = tuple[int, dict[str, str], bytes]
Handler = Callable[[Request], Response]

_VALUES = {"SecretString", "SecretBinary"}
_STAGES = "VersionIdsToStages"


def created(secretsmanager: Any, create: Handler) -> Handler:
    """CreateSecret, which makes a version only for a value."""

    def handle(request: Request) -> Response:
        response = create(request)
        if response[0] != HTTPStatus.OK or _VALUES & request.keys():
            return response
        secretsmanager._secrets[request["Name"]]["Versions"].clear()
        return _without("VersionId", response)

    return handle


def described(describe: Handler) -> Handler:
    """DescribeSecret, which says nothing of versions if there are none."""

    def handle(request: Request) -> Response:
        response = describe(request)
        return response if json.loads(response[2]).get(_STAGES) else _without(_STAGES, response)

    return handle


def _without(key: str, response: Response) -> Response:
    status, headers, body = response
    return status, headers, json.dumps({name: one for name, one in json.loads(body).items() if name != key}).encode()
