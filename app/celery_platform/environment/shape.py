"""Describe in words which values a key may have, from the model's JSON Schema.

pydantic's own messages are never shown: they speak of instances and dictionaries, and name only one bound at a time.
"""

from collections.abc import Iterable
from functools import cached_property, lru_cache
from typing import Any

from celery_platform.environment.errors import listed
from celery_platform.environment.meanings import FORMATS, PATTERNS
from celery_platform.environment.model import Environment
from celery_platform.environment.words import written

Json = dict[str, Any]

_UNKNOWN = "a value that environments/environment.schema.json allows for this key"
_NUMBERS = ("integer", "number")


class Shape:
    """The part of the model's JSON Schema for one place in the file. Each child is computed once and cached.

    Example: `str(whole_file().at(("network", "zones"))) == "a whole number from 2 to 3"`
    """

    def __init__(self, schema: Json, definitions: Json) -> None:
        self._schema = schema
        self._definitions = definitions
        self._made: dict[str | int, Shape | None] = {}

    def at(self, parts: Iterable[str | int]) -> "Shape | None":
        """The shape of the value at a path of keys and list positions; `None` if the model has no such key."""
        shape: Shape | None = self
        for part in parts:
            if shape is None:
                return None
            shape = shape.child(part)
        return shape

    def child(self, part: str | int) -> "Shape | None":
        """The shape of the value under a key, or of a list's elements."""
        if part not in self._made:
            found = [_child(choice, part) for choice in self._choices]
            known = next((schema for schema in found if schema is not None), None)
            self._made[part] = None if known is None else Shape(known, self._definitions)
        return self._made[part]

    @cached_property
    def keys(self) -> list[str]:
        """The keys that the model has here; empty where people choose the names themselves."""
        return [key for choice in self._choices for key in choice.get("properties", ())]

    @cached_property
    def keys_listed(self) -> str:
        """The keys that the model has here, as text for a message."""
        return listed(self.keys)

    @cached_property
    def key_words(self) -> str:
        """What a name of a person's choice, such as a queue's label, may look like."""
        return " or ".join(words for choice in self._choices for words in _key_words(choice)) or "another name"

    @cached_property
    def options(self) -> list[str]:
        """The values to choose from, as YAML writes them."""
        return [written(value) for choice in self._choices for value in _options(choice)]

    def takes_kind_of(self, value: Any) -> bool:
        """Whether a scalar of this type is allowed here: 3 is not text, "3" is not a number, and true is not 1."""
        if isinstance(value, bool):
            return not self._kinds or "boolean" in self._kinds
        if isinstance(value, int):
            return not self._kinds or not self._kinds.isdisjoint(_NUMBERS)
        if isinstance(value, float):
            return not self._kinds or "number" in self._kinds
        return not isinstance(value, str) or not self._kinds or "string" in self._kinds

    def takes_free_text(self) -> bool:
        """Whether any text is allowed here, so that a number may merely lack its quotes."""
        return any(choice.get("type") == "string" and not _options(choice) for choice in self._choices)

    @cached_property
    def has_a_format(self) -> bool:
        """Whether one of Python's own types parses the text, as for an IP address."""
        return any("format" in choice for choice in self._choices)

    def __str__(self) -> str:
        """The allowed values in words."""
        return self._words

    @cached_property
    def _words(self) -> str:
        words = [self._choice_in_words(choice) for choice in self._choices if not _options(choice)]
        if self.options:
            words.append(self.options[0] if len(self.options) == 1 else f"one of: {listed(self.options)}")
        return " or ".join(dict.fromkeys(words)) or _UNKNOWN

    @cached_property
    def _choices(self) -> list[Json]:
        return _alternatives(self._schema, self._definitions)

    @cached_property
    def _kinds(self) -> set[str]:
        """The JSON types allowed here; empty if the schema does not restrict them."""
        kinds = {choice.get("type") for choice in self._choices}
        return set() if None in kinds else {str(kind) for kind in kinds}

    def _choice_in_words(self, schema: Json) -> str:
        kind = schema.get("type")
        if kind in _NUMBERS:
            return _number(schema, "a whole number" if kind == "integer" else "a number")
        if kind == "string":
            return _text(schema)
        if kind == "boolean":
            return "true or false"
        if kind == "array":
            return f"a list{_count(schema, 'Items')} [a, b] of: {self.child(0) or _UNKNOWN}"
        if kind == "object":
            return _mapping(schema)
        return _UNKNOWN


@lru_cache(maxsize=1)
def whole_file() -> Shape:
    """The shape of an environment file."""
    schema = Environment.model_json_schema()
    return Shape(schema, schema.get("$defs", {}))


def _alternatives(schema: Json, definitions: Json) -> list[Json]:
    """The branches of a union, without the `null` of an optional key: such a key may always be left out."""
    if "$ref" in schema:
        return _alternatives(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    if "type" in schema or "properties" in schema:  # then `anyOf` beside it only says which keys go together
        return [] if schema.get("type") == "null" else [schema]
    unions = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf")
    return [one for union in unions for one in _alternatives(union, definitions)] if unions else [schema]


def _child(schema: Json, part: str | int) -> Json | None:
    if isinstance(part, int):
        items = schema.get("items") or next(iter(schema.get("prefixItems", ())), None)
        return items if isinstance(items, dict) else None
    free = [*schema.get("patternProperties", {}).values(), schema.get("additionalProperties")]
    known: Json | None = schema.get("properties", {}).get(part)
    return known if known is not None else next((one for one in free if isinstance(one, dict)), None)


def _options(schema: Json) -> list[Any]:
    return list(schema["enum"]) if "enum" in schema else [schema["const"]] if "const" in schema else []


def _key_words(schema: Json) -> list[str]:
    names = schema.get("propertyNames")
    return [*map(_pattern, schema.get("patternProperties", ())), *([_text(names)] if names else [])]


def _pattern(pattern: str) -> str:
    return PATTERNS.get(pattern, f"text that matches {pattern}")


def _number(schema: Json, words: str) -> str:
    least, above = schema.get("minimum"), schema.get("exclusiveMinimum")
    most, below = schema.get("maximum"), schema.get("exclusiveMaximum")
    if schema["type"] == "integer":
        least, above = (above + 1, None) if above is not None else (least, None)
        most, below = (below - 1, None) if below is not None else (most, None)
    if least is not None and most is not None:
        return f"{words} from {least} to {most}"
    bounds = [("of at least", least), ("above", above), ("of at most", most), ("below", below)]
    said = " and ".join(f"{name} {bound}" for name, bound in bounds if bound is not None)
    return f"{words} {said}" if said else words


def _text(schema: Json) -> str:
    if "format" in schema:
        return FORMATS.get(schema["format"], "text")
    if "pattern" in schema:
        return _pattern(schema["pattern"])
    least, most = schema.get("minLength", 0), schema.get("maxLength")
    if most is not None:
        return f"text of {least} to {most} characters"
    return f"text of at least {least} characters" if least > 1 else "text"


def _mapping(schema: Json) -> str:
    if schema.get("properties"):
        return f"a mapping with the keys: {listed(schema['properties'])}"
    return f"a mapping{_count(schema, 'Properties')} of names and their values"


def _count(schema: Json, of: str) -> str:
    """How many values or entries there may be, where that is bounded."""
    bounds = (("at least", schema.get(f"min{of}")), ("at most", schema.get(f"max{of}")))
    said = " and ".join(f"{name} {bound}" for name, bound in bounds if bound)
    return f" ({said})" if said else ""
