"""What a word without quotes means: text, a number, true, false or nothing, where every reader of YAML agrees."""

import re
from dataclasses import dataclass

Scalar = str | int | float | bool | None

# Python and JSON's readers keep 15 digits exactly (IEEE 754, double precision); no value here needs more.
MAX_DIGITS = 15
_NOTHING = frozenset({"", "~", "null", "Null", "NULL"})
_TRUTH = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_WHOLE = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_DECIMAL = re.compile(r"[-+]?(0|[1-9][0-9]*)\.[0-9]+")
_NUMBER = "a decimal number without zeros before it; in quotes where text is meant"
_MAY_BE_DISPUTED = frozenset("0123456789+-.yYnNoO")
# YAML 1.1 (yaml.org/type), section by section, and what YAML 1.2 (10.3.2, core schema) makes of the same.
_DISPUTED = tuple(
    (re.compile(pattern), why, allowed)
    for pattern, why, allowed in (
        (
            r"(?i:yes|no|on|off)",
            "true or false to some readers of YAML, text to others",
            "true or false; in quotes where text is meant",
        ),
        (r"[-+]?0[0-9_]+(\.[0-9_]*)?", "octal to some readers of YAML, decimal to others", _NUMBER),
        (r"[-+]?0[xXoObB][0-9a-fA-F_]+", "a number in another base to some readers of YAML, text to others", _NUMBER),
        (
            r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?",
            "a number in base 60 to some readers of YAML, text to others",
            _NUMBER,
        ),
        (r"[-+]?[0-9]+_[0-9_]*(\.[0-9_]*)?", "a number to some readers of YAML, text to others", _NUMBER),
        (r"[-+]?[0-9]*\.?[0-9]+[eE][-+]?[0-9]+", "a number to some readers of YAML, text to others", _NUMBER),
        (r"[-+]?[0-9]+\.[eE]?[-+0-9_]*", "a number that breaks off", _NUMBER),
        (r"[-+]?\.[0-9][0-9_]*", "a number that lacks the digit before its point", _NUMBER),
        (r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)", "no finite number", _NUMBER),
    )
)


@dataclass(frozen=True)
class Disputed:
    """A word that stays refused: what it is, and what to write."""

    found: str
    allowed: str


def meaning(word: str) -> Scalar | Disputed:
    """The value of a word that stands without quotes. A date is text: no key takes one, and YAML 1.2 knows none.

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
        return Disputed(f"a number of {digits:,} digits", f"at most {MAX_DIGITS} digits; in quotes where text is meant")
    return float(word) if "." in word else int(word)
