"""The text of an error without what differs from one message to the next: ids, numbers, addresses, quoted text.

A library that learns its templates (drain3 and its kind) was weighed and not taken: what it makes of a text depends on
the texts that came before, so that no key would be the same on the next day, or in two terminals. Its last release is
of 2022. These patterns are fixed, and the order counts: an address has numbers in it, and a URL has a path.
"""

import re

# Of the normalised text. What is cut off a reason (`dead_letters.reasons`) is cut at another place in each message.
MAX_CHARACTERS = 200
# The platform's own reasons are shorter; whatever else lies in a dead letter queue may say more.
_READ_CHARACTERS = 1_000
_PATTERNS: tuple[tuple[str, str], ...] = (
    ("<url>", r"\b[a-zA-Z][a-zA-Z0-9+.-]*://[^\s'\"<>]*[^\s'\"<>.,;:!?)\]}]"),
    ("<email>", r"(?<![\w])[\w!#$%&*+/=?^{|}~-][\w!#$%&'*+/=?^`{|}~.-]*@[\w-]+(?:\.[\w-]+)*"),
    # Text in quotes. An apostrophe follows a letter, and the quote that closes a text is followed by none.
    ("<text>", r"(?<!\w)(?:[bBrRuUfF]{1,2})?'(?:[^'\\]|\\.)*'(?!\w)"),
    ("<text>", r'(?<!\w)(?:[bBrRuUfF]{1,2})?"(?:[^"\\]|\\.)*"(?!\w)'),
    ("<text>", r"`[^`]*`|“[^”]*”|«[^»]*»"),
    # What was cut has no closing quote.
    ("<text>", r"(?<!\w)(?:[bBrRuUfF]{1,2})?['\"][^'\"]*$"),
    ("<time>", r"\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?\b"),
    ("<time>", r"\b\d{1,2}:\d\d(?::\d\d(?:[.,]\d+)?)?\b"),
    ("<address>", r"\[?(?<![\w:.])(?:[\da-fA-F]{1,4}(?::[\da-fA-F]{1,4})*)?::[\da-fA-F:.]*\]?(?::\d+)?(?![\w:])"),
    ("<address>", r"\[?(?<![\w:.])(?:[\da-fA-F]{1,4}:){7}[\da-fA-F]{1,4}\]?(?::\d+)?(?![\w:])"),
    ("<address>", r"\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b"),
    ("<path>", r"(?<![\w<>])(?:[A-Za-z]:(?=\\))?(?:[\w.@%+~=-]+)?(?:[/\\][\w.@%+~=-]+)+[/\\]?"),
    # A word with a digit, and what is joined to it: o-1041, 7f3a-bc, 1.5e-7, 10_000, host-3.internal, 1,000.
    ("<id>", r"(?<![\w<])[+-]?(?=[\w.:,-]*\d)\w+(?:[.-]\w+|[:,]\d\w*)*"),
    ("<id>", r"\b[0-9a-fA-F]{8,}\b"),
)  # fmt: skip
_COMPILED = tuple((placeholder, re.compile(pattern)) for placeholder, pattern in _PATTERNS)
# A list of ids is as long as it happens to be.
_REPEATED = re.compile(r"(<[a-z]+>)(?:(?:\s*[,;]\s*|\s+)\1)+")


def normalised(text: str) -> str:
    """The text with a placeholder in place of each id, number, address, path, time and quoted text.

    Example: `normalised("order o-1041 of ann@example.com: 503") == "order <id> of <email>: <id>"`
    """
    text = " ".join(text[:_READ_CHARACTERS].split())
    for placeholder, pattern in _COMPILED:
        text = pattern.sub(placeholder, text)
    return _REPEATED.sub(r"\1...", text)[:MAX_CHARACTERS]
