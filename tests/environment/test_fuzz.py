"""Whatever an environment file contains, reading it returns an environment or a readable refusal.

FUZZ_MUTATIONS is the number of mutated files to read; they are the same in every run.
"""

import os
import traceback
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml
from celery_platform.environment import EnvironmentFileError, resolve
from celery_platform.environment.load import parse
from celery_platform.environment.shape import Shape, whole_file

from tests.harness.environment import ENVIRONMENTS

from .broken import FILE, faults
from .mutations import mutated

MUTATIONS = int(os.environ.get("FUZZ_MUTATIONS") or 20_000)
# The number of shares into which the files are divided, so that pytest's processes can work in parallel.
SHARES = 10
REPOSITORY = Path(__file__).parents[2]
OWN = Path(__file__).parent / "environments"
FILES = sorted(
    file for folder in (ENVIRONMENTS, OWN, REPOSITORY / "environments") for file in folder.glob(f"*/{FILE.name}")
)


def end(content: bytes, file: Path) -> tuple[str, list[str]]:
    """How reading and rendering the content ends, and the faults of that outcome."""
    try:
        resolve(parse(content, file))
    except EnvironmentFileError as error:
        return "refused", faults(str(error), file)
    except Exception:  # any other exception is what this test looks for
        return "died", [traceback.format_exc()]
    return "rendered", []


def keys_of_the_model(shape: Shape, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The paths of all keys that a file may have; `*` stands for a label or a list position."""
    for key in shape.keys:
        yield (*path, key)
    parts: list[str | int] = [*shape.keys, "*", 0]
    for part in parts:
        if below := shape.child(part):
            yield from keys_of_the_model(below, (*path, part if isinstance(part, str) else "*"))


def keys_of(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The paths of all keys in a file."""
    pairs = value.items() if isinstance(value, dict) else (("*", each) for each in value if isinstance(value, list))
    for key, each in pairs:
        yield (*path, str(key))
        yield from keys_of(each, (*path, str(key))) if isinstance(each, dict | list) else ()


def test_each_key_of_the_model_occurs_in_a_mutated_file() -> None:
    said = {path for file in FILES for path in keys_of(yaml.safe_load(file.read_text()))}

    left_out = [
        key
        for key in sorted(set(keys_of_the_model(whole_file())))
        if not any(len(key) == len(path) and all(map(matches, key, path)) for path in said)
    ]
    assert not left_out, f"give these a value in {OWN}: otherwise no mutation tests them"


def matches(key: str, said: str) -> bool:
    return key in ("*", said)


@pytest.mark.parametrize("share", range(SHARES))
def test_a_mutated_file_is_valid_or_refused_in_words(share: int) -> None:
    random = Random(share)  # noqa: S311 the same files in every run
    contents = [file.read_bytes() for file in FILES]
    ends: list[str] = []

    for number in range(MUTATIONS // SHARES):
        file = FILES[number % len(FILES)]
        content = mutated(random, contents[number % len(FILES)])
        how, wrong = end(content, file)
        assert not wrong, "\n".join([f"number {number} of share {share}, {file}, {how}:", *wrong])
        ends.append(how)

    # Both outcomes must occur often; otherwise the mutations are too weak or too strong.
    assert 0.5 < ends.count("refused") / len(ends) < 0.98
