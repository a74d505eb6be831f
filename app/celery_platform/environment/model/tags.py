"""Section `tags`: a company's own tags, on every resource."""

from typing import Annotated

from pydantic import AfterValidator, Field

# AWS General Reference, "Tag naming limits": letters and digits are those of every script.
CHARACTERS = frozenset(" _.:/=+-@")
# The platform's own tags, by which the inventory and the budget find resources. IAM ignores case in keys.
RESERVED = frozenset({"environment", "owner", "project", "name", "role", "pool"})
# AWS allows 50. A resource also has up to six tags of the platform and some of the AWS services that tag it.
MOST = 40


def _shown(letter: str) -> str:
    return letter if letter.isprintable() else repr(letter)


def _characters(value: str) -> str:
    if wrong := sorted({letter for letter in value if not (letter.isalnum() or letter in CHARACTERS)}):
        raise ValueError(f"letters, digits, spaces and _.:/=+-@, not {' '.join(map(_shown, wrong))}")
    return value


def _key(value: str) -> str:
    if value.lower().startswith("aws:"):
        raise ValueError("another prefix: aws: is reserved by AWS")
    if value.lower() in RESERVED:
        raise ValueError(f"another key: the platform sets {', '.join(sorted(RESERVED))}")
    return _characters(value)


def _distinct(tags: dict[str, str]) -> dict[str, str]:
    if len({key.lower() for key in tags}) < len(tags):
        raise ValueError("keys that differ in more than upper and lower case: IAM ignores case")
    return tags


TagKey = Annotated[str, Field(min_length=1, max_length=128), AfterValidator(_key)]
TagValue = Annotated[str, Field(max_length=256), AfterValidator(_characters)]
Tags = Annotated[dict[TagKey, TagValue], Field(max_length=MOST), AfterValidator(_distinct)]
