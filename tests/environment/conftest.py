"""Environments of the tests' own, and a copy of them that a test may edit."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.harness.environment import ENVIRONMENTS

Edit = Callable[[str, str], None]


@pytest.fixture(autouse=True)
def of_the_tests_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read the tests' environments, so that what the repository's are called and hold is nobody's concern here."""
    monkeypatch.setenv("ENVIRONMENTS", str(ENVIRONMENTS))


@pytest.fixture
def environments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the environments, which the model then reads in their place."""
    copy = tmp_path / "environments"
    shutil.copytree(ENVIRONMENTS, copy)
    monkeypatch.setenv("ENVIRONMENTS", str(copy))
    return copy


@pytest.fixture
def edit_prod(environments: Path) -> Edit:
    """Replace a text in production's file; the text must be there once, so that no test edits nothing."""

    def edit(old: str, new: str) -> None:
        file = environments / "prod" / "environment.yml"
        assert file.read_text().count(old) == 1, f"{old!r} must stand once in {file}"
        file.write_text(file.read_text().replace(old, new))

    return edit
