"""A folder of environments that a test may edit."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from celery_platform.environment.load import environments_folder

Edit = Callable[[str, str], None]


@pytest.fixture
def environments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of environments/, which the model then reads in its place."""
    copy = tmp_path / "environments"
    shutil.copytree(environments_folder(), copy, ignore=shutil.ignore_patterns("region", "__pycache__"))
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
