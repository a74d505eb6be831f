"""Each key of an environment file is described where it is typed: editors show the JSON Schema's descriptions."""

from collections.abc import Iterator
from typing import Any

from celery_platform.environment.model import Environment

SCHEMA = Environment.model_json_schema()
SECTIONS: dict[str, Any] = SCHEMA["$defs"]


def referred(part: Any) -> Iterator[str]:
    """The names of the sections that a key's value is made of."""
    if isinstance(part, dict):
        if "$ref" in part:
            yield part["$ref"].rpartition("/")[2]
        part = list(part.values())
    for below in part if isinstance(part, list) else ():
        yield from referred(below)


def is_described(key: dict[str, Any]) -> bool:
    """By words of its own, or by those of the section that it holds."""
    return "description" in key or any("description" in SECTIONS[name] for name in referred(key))


def test_every_key_is_described() -> None:
    sections = {"": SCHEMA} | {f"{name}.": section for name, section in SECTIONS.items()}
    silent = [
        f"{name}{key}"
        for name, section in sections.items()
        for key, value in section.get("properties", {}).items()
        if not is_described(value)
    ]

    assert silent == [], "give the field a description, in app/celery_platform/environment/model/"
