"""From text to values, each with its line: built from YAML's events, so that nothing is read before it is checked."""

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

# The model is seven levels deep at its deepest.
MAX_DEPTH = 20
# libyaml reads the largest file in half a second, PyYAML's own parser in ten.
PARSER: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_WRITTEN_BYTES = 80


@dataclass(frozen=True)
class Place:
    """Where a value stands and, for a word without quotes, how it is written there."""

    line: int
    written: str | None = None


@dataclass(frozen=True)
class Document:
    """The values of a file (text, numbers, true, false, nothing, lists and mappings) and where each of them stands."""

    data: dict[str, Any]
    places: dict[Parts, Place]

    def line(self, path: str) -> int | None:
        """The line of a dotted path or of the nearest section above it that the file has.

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
    """The values of an environment file; `file` is what errors name.

    Raises:
        EnvironmentFileError: it is too long or nested too deeply, not UTF-8, not one YAML mapping, or says something
            twice or in a form that readers of YAML take differently. Up to the first error of grammar all is reported.

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
                    self._stop("", _kind(data), "a mapping: name, region, owner ... each with its value", event)
        if not documents:
            self._problems.append(
                Problem("", "an empty file", "a mapping: name, region, owner ... each with its value")
            )
        if self._problems:
            raise EnvironmentFileError(self._file, self._problems)
        return Document(data, self._places)

    def _parsed(self) -> Iterator[yaml.Event]:
        try:
            yield from yaml.parse(self._text, Loader=PARSER)
        except yaml.YAMLError as error:
            self._problems.append(syntax.in_words(error, self._text))
        except (ValueError, OverflowError):  # PyYAML's own parser, of an escape beyond Unicode and of a long %YAML
            self._problems.append(Problem("", "an escape beyond Unicode, or a directive", r"escapes up to \U0010FFFF"))
        else:
            return
        raise EnvironmentFileError(self._file, self._problems)

    def _value(self, event: yaml.Event, parts: Parts) -> Any:
        if len(parts) > MAX_DEPTH:
            self._stop("", f"more than {MAX_DEPTH} levels, each within the one before", f"at most {MAX_DEPTH}", event)
        self._places.setdefault(parts, Place(_line(event)))
        if isinstance(event, yaml.AliasEvent):
            self._refuse(
                parts,
                f"the alias {_quoted('*' + str(event.anchor))}",
                "the value itself: it has to stand where it counts",
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
                "no anchor: each value stands where it counts",
                event,
            )
        if event.tag is not None:
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")
            self._refuse(parts, f"the tag {_quoted(tag)}", "a value without a tag: its form says what it is", event)

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
            # One level deeper, so that the bound on levels holds for keys within keys too.
            self._value(event, (*parts, "?"))
            self._refuse(parts, "a list, a mapping or an alias as a key", "text as a key", event)
            return f"? (line {_line(event)})"
        known = len(self._problems)
        self._undecorated(event, parts)
        value = self._scalar(event, (*parts, "?"))
        self._places.pop((*parts, "?"), None)
        if event.value == "<<":
            self._refuse(parts, "the merge key <<", "each key itself: what it says has to stand where it counts", event)
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
        """Refuse what makes the rest not worth reading."""
        raise EnvironmentFileError(self._file, [*self._problems, Problem(path, found, allowed, _line(event))])


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


def _quoted(text: str) -> str:
    return repr(shortened(text, _WRITTEN_BYTES))


def _kind(value: Any) -> str:
    """A value that cannot stand where it stands, by its kind."""
    if value is None:
        return "nothing"
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    if isinstance(value, bool):
        return "true or false"
    return "text" if isinstance(value, str) else "a number"
