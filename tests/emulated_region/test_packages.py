"""The packages of the emulator's container are installed once, even by two concurrent starts."""

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from emulated_region import packages


def test_two_starts_at_once_use_one_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def install(command: Sequence[str], **_options: Any) -> "subprocess.CompletedProcess[str]":
        """The other start finishes while this one installs. A mock, because nothing else can control this timing."""
        (partial,) = tmp_path.glob("region-site/*.partial")
        (partial / "moto.py").touch()
        other = partial.with_name(partial.name.split(".")[0])
        other.mkdir(exist_ok=True)
        (other / "moto.py").touch()
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(subprocess, "run", install)

    folder = packages.ensure_packages(tmp_path, ["moto"])

    assert (folder / "moto.py").exists()
    assert list(folder.parent.iterdir()) == [folder]
