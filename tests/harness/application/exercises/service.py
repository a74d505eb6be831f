"""Calls to the ledger, an external service (tests/harness/ledger.py)."""

import json
import os
import urllib.error
import urllib.request
from typing import Any

from celery_platform.reliability.errors import TransientError

TIMEOUT_SECONDS = 30


def enter(kind: str, entry: str) -> Any:
    """Make an entry of a kind, `effects` or `notes`; returns the ledger's response.

    Raises:
        TransientError: it does not respond, or responds with an error.
    """
    request = urllib.request.Request(  # noqa: S310 - loopback
        f"{os.environ['LEDGER_URL']}/{kind}",
        json.dumps({"entry": entry}).encode(),
        {"Idempotency-Key": f"{kind}:{entry}", "Authorization": f"Bearer {os.environ['LEDGER_SECRET']}"},
    )
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310 - loopback
            return json.loads(answer.read())
    except (OSError, urllib.error.HTTPError) as error:
        raise TransientError(f"the ledger: {error}") from error
