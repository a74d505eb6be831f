"""A step of `make up`: which environment it is for, and where to read what it said."""

import sys
from pathlib import Path

import pytest
from emulated_region.up import Step, _run

SAY = Step("say", (sys.executable, "-c", "import os, sys; print('for', os.environ['ENV']); sys.exit('and wrong')"))


def said(folder: Path) -> str:
    """Run the step for the environment `trial`; what its log has."""
    log = folder / "up.log"
    with log.open("wb") as sink:
        assert _run(SAY, "trial", "1/1", sink, log) == 1
    return log.read_text()


def test_a_step_is_for_the_environment_asked_for_whatever_env_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ENV", "another")
    monkeypatch.delenv("VERBOSE", raising=False)

    assert "for trial" in said(tmp_path)


def test_what_a_verbose_step_says_is_in_the_log_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.setenv("VERBOSE", "1")

    log = said(tmp_path)

    assert "for trial" in log
    assert "and wrong" in log
    assert b"for trial" in capfdbinary.readouterr().out
