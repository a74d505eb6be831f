"""Decode bytes to text: a bounded size, UTF-8, and no invisible characters."""

import re

from celery_platform.environment.errors import Problem

# An environment with 1,000 queues and 100 pools, each with its own route and schedule, takes a third of this.
MAX_BYTES = 1_048_576
BOM = b"\xef\xbb\xbf"
_WIDE = (b"\xff\xfe", b"\xfe\xff")
# The characters that YAML calls printable, except those that only some editors treat as a line break (U+0085, U+2028,
# U+2029), that change the direction of the text (U+202A to U+202E, U+2066 to U+2069) or that are invisible (U+FEFF).
_PRINTABLE = "\x20-\x7e\xa0-\u2027\u202f-\u2065\u2070-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff"
_HIDDEN = re.compile(f"[^\n{_PRINTABLE}]")
_HIDDEN_IN_VALUES = re.compile(f"[^\n\t{_PRINTABLE}]")
_NAMES = {"\t": "a tab", "\r": "a carriage return without a line feed", "\0": "a NUL character"}
_ALLOWED = "spaces and visible characters; a line ends in LF or CR LF"


def decoded(content: bytes) -> str | Problem:
    """The text with LF line endings, or the reason why it cannot be decoded."""
    if len(content) > MAX_BYTES:
        return Problem("", f"more than {MAX_BYTES:,} bytes", f"a file of at most {MAX_BYTES:,} bytes")
    if content.startswith(_WIDE):
        return Problem("", "UTF-16", "UTF-8, with or without a byte order mark", line=1)
    try:
        text = content.removeprefix(BOM).decode()
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        return Problem("", f"the byte 0x{error.object[error.start]:02x}, which is not UTF-8", "text in UTF-8", line)
    text = text.replace("\r\n", "\n")
    hidden = _HIDDEN.search(text)
    if hidden:
        return Problem("", named(hidden[0]), _ALLOWED, text.count("\n", 0, hidden.start()) + 1)
    return text


def hidden_in(value: str) -> str | None:
    r"""The first character of a value that no value may contain, such as one from the escape `"\0"`; or `None`.

    Example: `hidden_in("a\0") == "a NUL character"`
    """
    hidden = _HIDDEN_IN_VALUES.search(value)
    return named(hidden[0]) if hidden else None


def named(character: str) -> str:
    r"""The name of a character that cannot be printed.

    Example: `named("\u202e") == "the character U+202E"`
    """
    return _NAMES.get(character, f"the character U+{ord(character):04X}")
