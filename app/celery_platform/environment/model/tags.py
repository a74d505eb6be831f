"""Section `tags`: tags of a company's own, on everything that is made."""

from typing import Annotated

from pydantic import AfterValidator, Field

# AWS General Reference, "Tag naming limits": letters and digits are those of every script.
CHARACTERS = frozenset(" _.:/=+-@")
# The platform's own, by which the inventory and the budget find things; IAM's keys differ in more than case.
RESERVED = frozenset({"environment", "owner", "project", "name", "role", "pool"})
# AWS allows 50; beside these a resource has up to six of the platform and some of the services that tag it.
MOST = 40


def _characters(value: str) -> str:
    if wrong := sorted({letter for letter in value if not (letter.isalnum() or letter in CHARACTERS)}):
        raise ValueError(f"letters, digits, spaces and _.:/=+-@, not {' '.join(wrong)}")
    return value


def _key(value: str) -> str:
    if value.lower().startswith("aws:"):
        raise ValueError("another prefix: AWS keeps aws: for itself")
    if value.lower() in RESERVED:
        raise ValueError(f"another key: the platform sets {', '.join(sorted(RESERVED))}")
    return _characters(value)


def _distinct(tags: dict[str, str]) -> dict[str, str]:
    if len({key.lower() for key in tags}) < len(tags):
        raise ValueError("keys that differ in more than upper and lower case: IAM takes them for one")
    return tags


TagKey = Annotated[str, Field(min_length=1, max_length=128), AfterValidator(_key)]
TagValue = Annotated[str, Field(max_length=256), AfterValidator(_characters)]
Tags = Annotated[dict[TagKey, TagValue], Field(max_length=MOST), AfterValidator(_distinct)]
