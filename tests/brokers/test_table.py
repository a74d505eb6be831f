"""The table says what a run tried, and keeps what another run tried."""

from pathlib import Path

import pytest

from .guarantees import GUARANTEES
from .table import BEGIN, END, write

# Needs no broker.
pytestmark = pytest.mark.short


def test_a_run_changes_the_cells_it_tried_and_no_others(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text(f"before\n{BEGIN}\n{END}\nafter\n")
    write({"a_task_runs_once": {"sqs": "passed"}}, readme)
    write({"a_task_runs_once": {"redis": "failed"}, "consuming_survives_a_dead_node": {"sqs": "skipped"}}, readme)
    lines = readme.read_text().splitlines()

    assert lines[0] == "before"
    assert lines[-1] == "after"
    assert (
        "| A task that was sent runs once | not tried | not tried | not tried | yes | **broken** | not tried |" in lines
    )
    assert any(line.startswith("| When one of three nodes dies") and "AWS runs SQS" in line for line in lines)


def test_a_broker_that_is_added_leaves_the_cells_of_the_others(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    table = "| | SQS | a former one |\n|---|---|---|\n| A task that was sent runs once | **broken** | yes |"
    readme.write_text(f"{BEGIN}\n{table}\n{END}")

    write({}, readme)

    row = "| A task that was sent runs once | not tried | not tried | not tried | **broken** | not tried | not tried |"
    assert row in readme.read_text()


def test_every_guarantee_has_a_test() -> None:
    tests = "".join(file.read_text() for file in Path(__file__).parent.glob("test_*.py"))

    assert [name for name in GUARANTEES if f"def test_{name}(" not in tests] == []
