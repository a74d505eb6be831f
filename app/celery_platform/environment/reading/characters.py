"""From bytes to text: a bounded size, UTF-8, and no character that an editor does not show."""

import re

from celery_platform.environment.errors import Problem

# An estate of 1,000 queues and 100 pools, each with a route and a schedule of its own, is a third of this.
MAX_BYTES = 1_048_576
BOM = b"\xef\xbb\xbf"
_WIDE = (b"\xff\xfe", b"\xfe\xff")
# Printable by YAML's rule, without the characters that break a line for some editors only (U+0085, U+2028, U+2029),
# that turn the direction of the text around them (U+202A to U+202E, U+2066 to U+2069) or that are not seen (U+FEFF).
_PRINTABLE = "\x20-\x7e\xa0-\u2027\u202f-\u2065\u2070-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff"
_HIDDEN = re.compile(f"[^\n{_PRINTABLE}]")
_HIDDEN_IN_VALUES = re.compile(f"[^\n\t{_PRINTABLE}]")
_NAMES = {"\t": "a tab", "\r": "a carriage return without a line feed", "\0": "a NUL character"}
_ALLOWED = "spaces and visible characters; a line ends in LF or CR LF"


def decoded(content: bytes) -> str | Problem:
    """The text, its lines ending in LF, or why it cannot be read."""
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
    r"""The first character of a value that came by an escape (`"\0"`) and that no value may hold, or `None`.

    Example: `hidden_in("a\0") == "a NUL character"`
    """
    hidden = _HIDDEN_IN_VALUES.search(value)
    return named(hidden[0]) if hidden else None


def named(character: str) -> str:
    r"""A character that cannot be shown.

    Example: `named("\u202e") == "the character U+202E"`
    """
    return _NAMES.get(character, f"the character U+{ord(character):04X}")
