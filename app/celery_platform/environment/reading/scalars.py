"""The value of a plain scalar (one without quotes): text, a number, true, false or empty, if all YAML parsers agree."""

import re
from dataclasses import dataclass

Scalar = str | int | float | bool | None

# Python and JSON parsers represent 15 digits exactly (IEEE 754, double precision); no value here needs more.
MAX_DIGITS = 15
_NOTHING = frozenset({"", "~", "null", "Null", "NULL"})
_TRUTH = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_WHOLE = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_DECIMAL = re.compile(r"[-+]?(0|[1-9][0-9]*)\.[0-9]+")
_NUMBER = "a decimal number without leading zeros; in quotes if it is text"
_MAY_BE_DISPUTED = frozenset("0123456789+-.yYnNoO")
# The types of YAML 1.1 (yaml.org/type), section by section, against those of YAML 1.2 (10.3.2, core schema).
_DISPUTED = tuple(
    (re.compile(pattern), why, allowed)
    for pattern, why, allowed in (
        (
            r"(?i:yes|no|on|off)",
            "true or false to some YAML parsers, text to others",
            "true or false; in quotes if it is text",
        ),
        (r"[-+]?0[0-9_]+(\.[0-9_]*)?", "octal to some YAML parsers, decimal to others", _NUMBER),
        (r"[-+]?0[xXoObB][0-9a-fA-F_]+", "a number in another base to some YAML parsers, text to others", _NUMBER),
        (
            r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?",
            "a number in base 60 to some YAML parsers, text to others",
            _NUMBER,
        ),
        (r"[-+]?[0-9]+_[0-9_]*(\.[0-9_]*)?", "a number to some YAML parsers, text to others", _NUMBER),
        (r"[-+]?[0-9]*\.?[0-9]+[eE][-+]?[0-9]+", "a number to some YAML parsers, text to others", _NUMBER),
        (r"[-+]?[0-9]+\.[eE]?[-+0-9_]*", "an incomplete number", _NUMBER),
        (r"[-+]?\.[0-9][0-9_]*", "a number without a digit before the decimal point", _NUMBER),
        (r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)", "not a finite number", _NUMBER),
    )
)


@dataclass(frozen=True)
class Disputed:
    """A scalar that YAML parsers interpret differently: what was found, and what to write instead."""

    found: str
    allowed: str


def meaning(word: str) -> Scalar | Disputed:
    """The value of a scalar without quotes. A date is text: no key has a date, and YAML 1.2 has no such type.

    Example: `meaning("90") == 90` and `meaning("2026-11-28") == "2026-11-28"`
    """
    if word in _NOTHING:
        return None
    if word in _TRUTH:
        return _TRUTH[word]
    if word[0] not in _MAY_BE_DISPUTED:
        return word
    if _WHOLE.fullmatch(word) or _DECIMAL.fullmatch(word):
        return _number(word)
    for pattern, why, allowed in _DISPUTED:
        if pattern.fullmatch(word):
            return Disputed(f"{word} without quotes, {why}", allowed)
    return word


def _number(word: str) -> int | float | Disputed:
    digits = sum(character.isdigit() for character in word)
    if digits > MAX_DIGITS:
        return Disputed(f"a number of {digits:,} digits", f"at most {MAX_DIGITS} digits; in quotes if it is text")
    return float(word) if "." in word else int(word)
