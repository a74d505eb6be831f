"""A wheelhouse is made again when, and only when, what it is made from has changed."""

import shutil
from pathlib import Path

import pytest
from celery_platform.release import wheelhouse
from packaging.requirements import Requirement


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of what the wheelhouse is made from."""
    for name in ("pyproject.toml", "requirements.lock", "LICENSE"):
        shutil.copy(wheelhouse.REPOSITORY / name, tmp_path / name)
    shutil.copytree(wheelhouse.REPOSITORY / "app", tmp_path / "app")
    monkeypatch.setattr(wheelhouse, "REPOSITORY", tmp_path)
    monkeypatch.setattr(wheelhouse, "WHEELHOUSE", tmp_path / "dist" / "wheelhouse")
    return tmp_path


@pytest.mark.parametrize("changed", ["requirements.lock", "pyproject.toml", "app/__init__.py"])
def test_a_change_of_any_source_changes_the_digest(checkout: Path, changed: str) -> None:
    before = wheelhouse.sources_digest("3.13 x86_64")

    (checkout / changed).write_text((checkout / changed).read_text() + "# changed\n")

    assert wheelhouse.sources_digest("3.13 x86_64") != before


@pytest.mark.usefixtures("checkout")
def test_another_python_is_another_wheelhouse() -> None:
    assert wheelhouse.sources_digest("3.13 x86_64") != wheelhouse.sources_digest("3.11 x86_64")


@pytest.mark.usefixtures("checkout")
def test_it_holds_a_wheel_for_every_locked_requirement_and_is_built_once() -> None:
    assert wheelhouse.build("3.13", "x86_64") is True
    assert wheelhouse.build("3.13", "x86_64") is False

    lines = (wheelhouse.REPOSITORY / "requirements.lock").read_text().splitlines()
    requirements = [Requirement(line.rstrip(" \\")) for line in lines if "==" in line]
    host = {"python_full_version": "3.13.0", "sys_platform": "linux"}
    locked = {wanted.name for wanted in requirements if not wanted.marker or wanted.marker.evaluate(host)}
    wheels = {file.name.split("-")[0].replace("_", "-") for file in wheelhouse.WHEELHOUSE.glob("*.whl")}
    assert locked <= wheels
    assert "celery-platform" in wheels
