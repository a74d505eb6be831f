"""Whatever stands in an environment file, reading it ends in an environment or in words.

FUZZ_MUTATIONS says how many spoilt files are read; they are the same ones in every run.
"""

import os
import traceback
from pathlib import Path
from random import Random

import pytest
from celery_platform.environment import EnvironmentFileError, resolve
from celery_platform.environment.load import parse

from tests.harness.environment import ENVIRONMENTS

from .broken import FILE, faults
from .mutations import mutated

MUTATIONS = int(os.environ.get("FUZZ_MUTATIONS") or 20_000)
# Shares of the files, so that the processes of a run divide them among themselves.
SHARES = 10
REPOSITORY = Path(__file__).parents[2]
FILES = sorted(file for folder in (ENVIRONMENTS, REPOSITORY / "environments") for file in folder.glob(f"*/{FILE.name}"))


def end(content: bytes, file: Path) -> tuple[str, list[str]]:
    """How reading and rendering the content ends, and what is wrong with that."""
    try:
        resolve(parse(content, file))
    except EnvironmentFileError as error:
        return "refused", faults(str(error), file)
    except Exception:  # any other end is what this test looks for
        return "died", [traceback.format_exc()]
    return "rendered", []


@pytest.mark.parametrize("share", range(SHARES))
def test_a_spoilt_file_is_an_environment_or_is_refused_in_words(share: int) -> None:
    random = Random(share)  # noqa: S311 the same files in every run
    contents = [file.read_bytes() for file in FILES]
    ends: list[str] = []

    for number in range(MUTATIONS // SHARES):
        file = FILES[number % len(FILES)]
        content = mutated(random, contents[number % len(FILES)])
        how, wrong = end(content, file)
        assert not wrong, "\n".join([f"number {number} of share {share}, {file}, {how}:", *wrong])
        ends.append(how)

    # Both ends are reached often, or the files are not spoilt as they should be.
    assert 0.5 < ends.count("refused") / len(ends) < 0.98
