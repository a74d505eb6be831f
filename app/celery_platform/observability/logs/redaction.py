"""Redact secrets and personal data in every log line, whichever library logs it.

This is a safety net: a task that logs secrets or personal data is still a defect. The redaction checks the names of
fields and the form of values. It cannot recognize a person's name or address in free text.
"""

import re
from typing import Any

from structlog.typing import EventDict

REDACTED = "[redacted]"
# Field names whose values are redacted, at any depth.
SECRET_NAMES = re.compile(
    r"pass(word|wd|phrase)?$|secret|token|authorization|api_?key|access_?key|private_?key|cookie|credential|"
    r"card_?number|iban|cvv|email|phone|address$|birth",
    re.IGNORECASE,
)
# Patterns within a text, each with its replacement. Most lines contain none of the marks below and skip them.
# One that may match long words is only tried where a word begins: at each character it would take quadratic time.
PATTERNS = (
    # Credentials in a URL: keep the user, which is not secret and shows which login failed.
    (re.compile(r"(\b\w+://[^\s:/@]*):[^\s@/]+@"), rf"\1:{REDACTED}@"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{8,}"), rf"\1 {REDACTED}"),
    (re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"), REDACTED),
    (re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}"), REDACTED),
    (
        re.compile(r"(?i)\b(password|passwd|secret|token|api_?key)(['\"]?\s*[=:]\s*['\"]?)[^\s'\",;&}]+"),
        rf"\1\2{REDACTED}",
    ),
    # An e-mail address keeps its domain, which is useful for diagnosing mail problems.
    (re.compile(r"(?<![\w.+%-])[\w.+%-]+@([\w-]+(?:\.[\w-]+)+)"), rf"{REDACTED}@\1"),
    (re.compile(r"\b\d(?:[ -]?\d){12,18}\b"), REDACTED),
)
# A text without any of these cannot match a pattern.
MARKS = re.compile(r"@|bearer |basic |AKIA|ASIA|eyJ|pass|secret|token|api_?key|\d[\d -]{12}", re.IGNORECASE)
# The platform's own fields, such as node names (`io-1a2b@host`), which would match a pattern by accident.
KEPT = frozenset(
    {"timestamp", "task_id", "root_id", "trace_id", "worker_hostname", "task_name", "queue", "logger", "level"}
)


def redact(_: Any, __: str, event: EventDict) -> EventDict:
    """A structlog processor that redacts an event; the last one before rendering."""
    return {key: value if key in KEPT else redacted(value, key) for key, value in event.items()}


def redacted(value: Any, name: str = "") -> Any:
    """The value with secrets and personal data replaced.

    Example: `redacted({"password": "x", "url": "amqp://u:p@h"}) == {"password": "[redacted]", "url":
    "amqp://u:[redacted]@h"}`
    """
    if isinstance(value, bool | int | float) or value is None:
        return value
    if name and SECRET_NAMES.search(name):
        return REDACTED
    if isinstance(value, dict):
        return {key: redacted(item, str(key)) for key, item in value.items()}
    if isinstance(value, list | tuple | set):
        return [redacted(item) for item in value]
    return _without_secrets(value if isinstance(value, str) else str(value))


def _without_secrets(text: str) -> str:
    if not MARKS.search(text):
        return text
    for pattern, replacement in PATTERNS:
        text = pattern.sub(replacement, text)
    return text
