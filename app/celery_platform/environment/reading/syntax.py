"""Errors of YAML's grammar in words: PyYAML's and libyaml's own differ, and speak to who writes parsers."""

import re

import yaml

from celery_platform.environment.errors import Problem

_SHOWN_CHARACTERS = 60
_NESTING = "the indentation of the entries beside it: those of one section begin in the same column"
# What the parsers say, in either's words, and what to write instead. The first that is found counts.
_REMEDIES = tuple(
    (re.compile(pattern), allowed)
    for pattern, allowed in (
        (r"escape|hexadecimal|hexdecimal", r'in double quotes an escape of YAML (\n, \t, \\, \"), or single quotes'),
        (r"anchor|alias|alphabetic or numeric", "text that begins with * or & in quotes"),
        (r"quoted scalar", "a quote at the end of the text as at its beginning"),
        (r"block scalar", "after | or > the end of the line, then indented text"),
        (r"tag|directive|incompatible", "a value without a tag (!) and a file without directives (%)"),
        (r"flow mapping", "a comma after each entry of { and one } at its end"),
        (r"flow sequence", "a comma after each entry of [ and one ] at its end"),
        (r"mapping values", "one key on a line, in the column of those beside it; text that holds a colon in quotes"),
        (r"simple key|expected ':'", "a key, a colon, a space and its value on one line"),
        (r"cannot start any token", "text that begins with @, `, % or another sign of YAML in quotes"),
        (r"block|mapping keys|sequence entries|expected key|'-' indicator", _NESTING),
        (r"document", "one document: a mapping from its first line to its last"),
    )
)  # fmt: skip
# What is only found missing lines below the one that lacks it.
_TOLD_AT_ITS_BEGIN = re.compile(r"quoted scalar|simple key")
_ELSE = "YAML: keys with values, indented by spaces, text with signs in quotes"


def in_words(error: yaml.YAMLError, text: str) -> Problem:
    """What is wrong with the grammar, at its line, and the rule that it breaks.

    Example: `in_words(error, "a: [").allowed == "a comma after each entry of [ and one ] at its end"`
    """
    said = " ".join(str(error).split())
    allowed = next((allowed for pattern, allowed in _REMEDIES if pattern.search(said)), _ELSE)
    if not isinstance(error, yaml.MarkedYAMLError):
        return Problem("", "text that is not YAML", allowed)
    lines = text.split("\n")
    opened = error.context_mark
    begins = opened if _TOLD_AT_ITS_BEGIN.search(said) else None
    mark = begins or error.problem_mark or opened
    number = min(mark.line, len(lines) - 1) if mark else 0
    if "flow" in said and opened and opened.line < number:
        allowed += f"; it begins on line {opened.line + 1}"
    while number and not lines[number].strip():
        number -= 1
    shown = _around(lines[number], mark.column if mark and number == mark.line else 0)
    return Problem("", repr(shown) if shown else "nothing", allowed, number + 1)


def _around(line: str, column: int) -> str:
    """The line, or its part around the column."""
    if len(line) <= _SHOWN_CHARACTERS:
        return line.strip()
    start = max(0, min(column - _SHOWN_CHARACTERS // 2, len(line) - _SHOWN_CHARACTERS))
    end = start + _SHOWN_CHARACTERS
    return f"{'... ' if start else ''}{line[start:end].strip()}{' ...' if end < len(line) else ''}"
