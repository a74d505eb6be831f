"""Changes that replace a container of the region's services."""

from dataclasses import replace
from pathlib import Path

import pytest
from emulated_region import plan, services

from .conftest import Checkout


def test_the_outside_world_is_made_anew_when_the_program_that_runs_it_changes(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ENVIRONMENTS", str(checkout.environments))
    region = replace(plan.read(checkout.folder.name), state=tmp_path / "state")
    program = tmp_path / "processes.py"
    monkeypatch.setattr(services, "PACKAGE", tmp_path)

    def digest(text: str) -> str:
        program.write_text(text)
        return services.outside(region, tmp_path).digest

    assert digest("old") == digest("old")
    assert digest("old") != digest("new")
