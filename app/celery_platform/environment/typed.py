"""Turn plain values into a typed environment, or into a list of problems in words, each with its line.

pydantic reports the type of an error and its path, in which the branches of a union are steps too. What is allowed
instead comes from the model's JSON Schema, so that no error type needs a message of its own.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from celery_platform.environment.errors import PROBLEMS_SHOWN, Problem
from celery_platform.environment.model import Environment
from celery_platform.environment.paths import Parts, dotted
from celery_platform.environment.reading import Document
from celery_platform.environment.reading.scalars import meaning
from celery_platform.environment.shape import Shape, whole_file
from celery_platform.environment.words import did_you_mean, found, written

# The errors that the model's own validators raise. Their messages are written for the person who edits the file.
_OURS = ("value_error", "assertion_error")
_WRONG_KIND = "kind"


def checked(document: Document) -> Environment | list[Problem]:
    """The environment, or the problems with its keys, types and values."""
    refusals = [
        _Refusal(_WRONG_KIND, parts, value) for parts, value in _of_another_kind(document.data, (), whole_file())
    ]
    try:
        environment = Environment.model_validate(document.data)
    except ValidationError as error:
        of_pydantic = _merged(_refusal(dict(detail), document.data) for detail in error.errors(include_url=False))
        known = {refusal.parts for refusal in of_pydantic}
        refusals = [*of_pydantic, *(refusal for refusal in refusals if refusal.parts not in known)]
    else:
        if not refusals:
            return environment
    refusals.sort(key=lambda refusal: document.line(dotted(refusal.parts)) or 0)
    return [_problem(one, document, hinted=number < PROBLEMS_SHOWN) for number, one in enumerate(refusals)]


@dataclass(frozen=True)
class _Refusal:
    """One error. `parts` are the keys and positions in the file; the first `union` of them lead to a union."""

    type: str
    parts: Parts
    value: Any
    union: int | None = None
    is_key: bool = False
    said: str = ""


def _of_another_kind(value: Any, parts: Parts, shape: Shape | None) -> Iterator[tuple[Parts, Any]]:
    """The scalars that pydantic would silently convert to the expected type: true to 1, "3" to 3, 10 to 0.0.0.10."""
    if shape is None:
        return
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _of_another_kind(each, (*parts, key), shape.child(key))
    elif isinstance(value, list):
        for position, each in enumerate(value):
            yield from _of_another_kind(each, (*parts, position), shape.child(position))
    elif not shape.takes_kind_of(value):
        yield parts, value


def _refusal(detail: dict[str, Any], data: Any) -> _Refusal:
    parts: list[str | int] = []
    union = None
    value = data
    is_key = detail["loc"][-1:] == ("[key]",)
    steps = detail["loc"][:-1] if is_key else detail["loc"]
    for step in steps:
        if _has(value, step):
            value = value[step]
            parts.append(step)
        elif isinstance(value, dict) and step in _keys(parts):
            value = None if detail["type"] == "missing" else detail["input"]
            parts.append(step)
        elif union is None:
            union = len(parts)
    said = str(detail["ctx"]["error"]) if detail["type"] in _OURS else ""
    return _Refusal(detail["type"], tuple(parts), value, union, is_key, said)


def _merged(refusals: Iterable[_Refusal]) -> list[_Refusal]:
    """One refusal if every branch of a union refuses the value; if one branch was clearly meant, only its refusals."""
    every = list(refusals)
    within = {one.parts[: one.union] for one in every if one.union is not None and len(one.parts) > one.union}
    kept: dict[tuple[Parts, str, bool], _Refusal] = {}
    for one in every:
        if one.union is None or one.parts not in within:
            kept.setdefault((one.parts, "" if one.union is not None else one.type, one.is_key), one)
    return list(kept.values())


def _problem(refusal: _Refusal, document: Document, *, hinted: bool) -> Problem:
    path = dotted(refusal.parts)
    line = document.line(path)
    if refusal.is_key or refusal.type == "extra_forbidden":
        return _key_problem(refusal, path, line, hinted=hinted)
    shape = whole_file().at(refusal.parts) or Shape({}, {})
    if refusal.type == "missing":
        return Problem(path, "nothing", f"{shape}; the key is required", line)
    place = document.places.get(refusal.parts)
    word = place.written if place else None
    if refusal.said and not shape.has_a_format:  # the message about an address and the like is Python's, not ours
        return Problem(path, found(refusal.value, word), refusal.said, line)
    hint = did_you_mean(refusal.value, shape.options) if hinted and isinstance(refusal.value, str) else ""
    return Problem(path, found(refusal.value, word), f"{shape}{_quotes(refusal.value, word, shape)}{hint}", line)


def _key_problem(refusal: _Refusal, path: str, line: int | None, *, hinted: bool) -> Problem:
    name = str(refusal.parts[-1])
    above = whole_file().at(refusal.parts[:-1]) or Shape({}, {})
    if refusal.is_key:
        return Problem(path, f"the name {found(name)}", refusal.said or above.key_words, line)
    of = dotted(refusal.parts[:-1]) or "the file"
    hint = did_you_mean(name, above.keys) if hinted else ""
    return Problem(path, "an unknown key", f"one of the keys of {of}: {above.keys_listed}{hint}", line)


def _quotes(value: Any, word: str | None, shape: Shape) -> str:
    """The advice to add or to remove quotes, if that may be the whole problem."""
    if isinstance(value, int | float):
        return f'; in quotes: "{word or written(value)}"' if shape.takes_free_text() else ""
    bare = meaning(value) if isinstance(value, str) else None
    is_only_quoted = isinstance(bare, int | float) and shape.takes_kind_of(bare) and not shape.takes_kind_of(value)
    return "; without quotes" if is_only_quoted else ""


def _keys(parts: list[str | int]) -> list[str]:
    shape = whole_file().at(parts)
    return shape.keys if shape else []


def _has(value: Any, step: str | int) -> bool:
    if isinstance(step, int):
        return isinstance(value, list) and step < len(value)
    return isinstance(value, dict) and step in value
