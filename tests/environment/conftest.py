"""The environments for tests, and a copy of them that a test may edit."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.harness.environment import ENVIRONMENTS

Edit = Callable[[str, str], None]


@pytest.fixture(autouse=True)
def environments_for_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read the environments for tests, so that these tests do not depend on the repository's environments."""
    monkeypatch.setenv("ENVIRONMENTS", str(ENVIRONMENTS))


@pytest.fixture
def environments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the environments, which the model then reads instead."""
    copy = tmp_path / "environments"
    shutil.copytree(ENVIRONMENTS, copy)
    monkeypatch.setenv("ENVIRONMENTS", str(copy))
    return copy


@pytest.fixture
def edit_prod(environments: Path) -> Edit:
    """Replace a text in production's file. The text must occur exactly once, so that no edit is silently lost."""

    def edit(old: str, new: str) -> None:
        file = environments / "prod" / "environment.yml"
        assert file.read_text().count(old) == 1, f"{old!r} must occur once in {file}"
        file.write_text(file.read_text().replace(old, new))

    return edit
