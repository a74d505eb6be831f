"""Parse text to values, each with its line. They are built from YAML events, so that each is checked before use."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn

import yaml

from celery_platform.environment.errors import EnvironmentFileError, Problem, shortened
from celery_platform.environment.paths import Parts, dotted
from celery_platform.environment.reading import syntax
from celery_platform.environment.reading.characters import decoded, hidden_in
from celery_platform.environment.reading.scalars import Disputed, Scalar, meaning

# The model has at most seven levels.
MAX_DEPTH = 20
# libyaml parses the largest file in half a second, PyYAML's own parser in ten.
PARSER: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_WRITTEN_BYTES = 80


@dataclass(frozen=True)
class Place:
    """The line of a value and, for a plain scalar (one without quotes), how the file writes it."""

    line: int
    written: str | None = None


@dataclass(frozen=True)
class Document:
    """The values of a file (text, numbers, booleans, `None`, lists and mappings) and the place of each."""

    data: dict[str, Any]
    places: dict[Parts, Place]

    def line(self, path: str) -> int | None:
        """The line of a dotted path, or of the closest section above it that exists in the file.

        Example: `read(b"a: {b: 1}", file).line("a.c") == 1`
        """
        while path:
            if path in self._lines:
                return self._lines[path]
            path = path.rpartition(".")[0]
        return None

    @cached_property
    def _lines(self) -> dict[str, int]:
        return {dotted(parts): place.line for parts, place in self.places.items()}


def read(content: bytes, file: Path) -> Document:
    """The values of an environment file; errors name `file`.

    Raises:
        EnvironmentFileError: the content is too long or too deeply nested, is not UTF-8 or not one YAML mapping, has a
            duplicate key, or a value that YAML parsers interpret differently. It reports all problems up to the first
            syntax error.

    Example: `read(b"zones: 3", Path("environment.yml")).data == {"zones": 3}`
    """
    text = decoded(content)
    if isinstance(text, Problem):
        raise EnvironmentFileError(file, [text])
    return _Builder(text, file).document()


class _Builder:
    def __init__(self, text: str, file: Path) -> None:
        self._text = text
        self._file = file
        self._events = self._parsed()
        self._problems: list[Problem] = []
        self._places: dict[Parts, Place] = {}

    def document(self) -> Document:
        data: Any = None
        documents = 0
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if event.version or event.tags:
                    self._refuse((), "a directive (%)", "a file without directives", event)
                if documents > 1:
                    self._stop("", "a second document", "one document in a file", event)
            elif isinstance(event, yaml.NodeEvent):
                data = self._value(event, ())
                if not isinstance(data, dict):
                    self._stop("", _kind(data), "a mapping with the keys name, region, owner, ...", event)
        if not documents:
            self._problems.append(Problem("", "an empty file", "a mapping with the keys name, region, owner, ..."))
        if self._problems:
            raise EnvironmentFileError(self._file, self._problems)
        return Document(data, self._places)

    def _parsed(self) -> Iterator[yaml.Event]:
        try:
            yield from yaml.parse(self._text, Loader=PARSER)
        except yaml.YAMLError as error:
            self._problems.append(syntax.in_words(error, self._text))
        except (ValueError, OverflowError):  # PyYAML's own parser raises these for \UFFFFFFFF and for a long %YAML
            self._problems.append(Problem("", "an escape beyond Unicode, or a directive", r"escapes up to \U0010FFFF"))
        else:
            return
        raise EnvironmentFileError(self._file, self._problems)

    def _value(self, event: yaml.Event, parts: Parts) -> Any:
        if len(parts) > MAX_DEPTH:
            self._stop("", f"more than {MAX_DEPTH} nested levels", f"at most {MAX_DEPTH}", event)
        self._places.setdefault(parts, Place(_line(event)))
        if isinstance(event, yaml.AliasEvent):
            self._refuse(
                parts,
                f"the alias {_quoted('*' + str(event.anchor))}",
                "the value itself, where it is used",
                event,
            )
            return None
        if isinstance(event, yaml.ScalarEvent):
            self._undecorated(event, parts)
            return self._scalar(event, parts)
        if isinstance(event, yaml.CollectionStartEvent):
            self._undecorated(event, parts)
        return self._mapping(parts) if isinstance(event, yaml.MappingStartEvent) else self._list(parts)

    def _undecorated(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent, parts: Parts) -> None:
        if event.anchor is not None:
            self._refuse(
                parts,
                f"the anchor {_quoted('&' + event.anchor)}",
                "no anchor: each value is written where it is used",
                event,
            )
        if event.tag is not None:
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")
            self._refuse(parts, f"the tag {_quoted(tag)}", "a value without a tag: its form determines its type", event)

    def _mapping(self, parts: Parts) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for event in self._entries(yaml.MappingEndEvent):
            key = self._key(event, parts)
            here = (*parts, key)
            if key in made:
                first = self._places[here].line
                self._refuse(here, f"the key a second time (first on line {first})", "each key once", event)
            else:
                self._places[here] = Place(_line(event))
            made.setdefault(key, self._value(next(self._events), here))
        return made

    def _list(self, parts: Parts) -> list[Any]:
        made: list[Any] = []
        for event in self._entries(yaml.SequenceEndEvent):
            made.append(self._value(event, (*parts, len(made))))
        return made

    def _entries(self, end: type[yaml.Event]) -> Iterator[yaml.Event]:
        for event in self._events:
            if isinstance(event, end):
                return
            yield event

    def _key(self, event: yaml.Event, parts: Parts) -> str:
        if not isinstance(event, yaml.ScalarEvent):
            # Count it as one level deeper, so that the limit on nesting also holds for keys within keys.
            self._value(event, (*parts, "?"))
            self._refuse(parts, "a list, a mapping or an alias as a key", "text as a key", event)
            return f"? (line {_line(event)})"
        known = len(self._problems)
        self._undecorated(event, parts)
        value = self._scalar(event, (*parts, "?"))
        self._places.pop((*parts, "?"), None)
        if event.value == "<<":
            self._refuse(parts, "the merge key <<", "each key itself, where it is used", event)
        elif len(self._problems) == known and not isinstance(value, str):
            self._refuse(
                parts, f"{_kind(value)} as a key", "text as a key; in quotes where it looks like a number", event
            )
        return str(event.value)

    def _scalar(self, event: yaml.ScalarEvent, parts: Parts) -> Scalar:
        text: str = event.value
        if not event.implicit[0]:
            hidden = hidden_in(text)
            if hidden:
                self._refuse(parts, f"{hidden} in the value", "visible characters, spaces, \\n and \\t", event)
            return text
        value = meaning(text)
        if isinstance(value, Disputed):
            self._refuse(parts, value.found, value.allowed, event)
            return text
        if not isinstance(value, str):
            self._places[parts] = Place(_line(event), shortened(text, _WRITTEN_BYTES))
        return value

    def _refuse(self, parts: Parts, found: str, allowed: str, event: yaml.Event) -> None:
        self._problems.append(Problem(dotted(parts), found, allowed, _line(event)))

    def _stop(self, path: str, found: str, allowed: str, event: yaml.Event) -> NoReturn:
        """Refuse a problem after which the rest of the file cannot be checked."""
        raise EnvironmentFileError(self._file, [*self._problems, Problem(path, found, allowed, _line(event))])


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


def _quoted(text: str) -> str:
    return repr(shortened(text, _WRITTEN_BYTES))


def _kind(value: Any) -> str:
    """The type of a value that is not allowed at its place, in words."""
    if value is None:
        return "nothing"
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    if isinstance(value, bool):
        return "true or false"
    return "text" if isinstance(value, str) else "a number"
