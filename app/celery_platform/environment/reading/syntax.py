"""Explain YAML syntax errors. PyYAML's and libyaml's own messages differ and are written for authors of parsers."""

import re

import yaml

from celery_platform.environment.errors import Problem

_SHOWN_CHARACTERS = 60
_NESTING = "the same indentation as the other entries of its section"
# Keywords in the messages of either parser, and what to write instead. The first match is used.
_REMEDIES = tuple(
    (re.compile(pattern), allowed)
    for pattern, allowed in (
        (r"escape|hexadecimal|hexdecimal", r'a YAML escape in double quotes (\n, \t, \\, \"), or single quotes'),
        (r"anchor|alias|alphabetic or numeric", "quotes around text that begins with * or &"),
        (r"quoted scalar", "a closing quote at the end of the text"),
        (r"block scalar", "a line break after | or >, then indented text"),
        (r"tag|directive|incompatible", "a value without a tag (!) and a file without directives (%)"),
        (r"flow mapping", "a comma after each entry of { and one } at its end"),
        (r"flow sequence", "a comma after each entry of [ and one ] at its end"),
        (r"mapping values", "one key per line, indented like its neighbors; quotes around text with a colon"),
        (r"simple key|expected ':'", "a key, a colon, a space and its value on one line"),
        (r"cannot start any token", "quotes around text that begins with @, `, % or another special character"),
        (r"block|mapping keys|sequence entries|expected key|'-' indicator", _NESTING),
        (r"document", "one document: a mapping from its first line to its last"),
    )
)  # fmt: skip
# Errors that the parser only notices some lines below the mistake: these are reported where the construct begins.
_REPORTED_AT_ITS_START = re.compile(r"quoted scalar|simple key")
_ELSE = "YAML: keys with values, indented by spaces, quotes around text with special characters"


def in_words(error: yaml.YAMLError, text: str) -> Problem:
    """The syntax error as a problem with its line and the syntax that is expected there.

    Example: `in_words(error, "a: [").allowed == "a comma after each entry of [ and one ] at its end"`
    """
    said = " ".join(str(error).split())
    allowed = next((allowed for pattern, allowed in _REMEDIES if pattern.search(said)), _ELSE)
    if not isinstance(error, yaml.MarkedYAMLError):
        return Problem("", "text that is not YAML", allowed)
    lines = text.split("\n")
    opened = error.context_mark
    begins = opened if _REPORTED_AT_ITS_START.search(said) else None
    mark = begins or error.problem_mark or opened
    number = min(mark.line, len(lines) - 1) if mark else 0
    if "flow" in said and opened and opened.line < number:
        allowed += f"; it begins on line {opened.line + 1}"
    while number and not lines[number].strip():
        number -= 1
    shown = _around(lines[number], mark.column if mark and number == mark.line else 0)
    return Problem("", repr(shown) if shown else "nothing", allowed, number + 1)


def _around(line: str, column: int) -> str:
    """The line or, if it is long, the part around the column."""
    if len(line) <= _SHOWN_CHARACTERS:
        return line.strip()
    start = max(0, min(column - _SHOWN_CHARACTERS // 2, len(line) - _SHOWN_CHARACTERS))
    end = start + _SHOWN_CHARACTERS
    return f"{'... ' if start else ''}{line[start:end].strip()}{' ...' if end < len(line) else ''}"
