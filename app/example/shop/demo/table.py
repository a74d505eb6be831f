"""The table at the end of the demo."""

from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from shop.demo.outcome import Outcome, QueueOutcome

NAMED_AT_MOST = 5


def show(out: Console, result: Outcome, sheets: list[Path], output: Path) -> None:
    """Print the table, the result, and the folder of the pictures."""
    table = Table(title="Outcome", box=SIMPLE_HEAD, pad_edge=False, padding=0)
    table.add_column("queue", no_wrap=True)
    for heading in ("tasks", "failures", "retries", "waits", "duplicates", "dead\nletters", "p50", "p95"):
        table.add_column(heading, justify="right", no_wrap=True)
    for label, row in result.queues.items():
        table.add_row(label, *_cells(row))
    out.print(table)
    out.print(
        "p50, p95: from publish to end. waits: rescheduled because of the rate limit or another run of the same task."
    )
    out.print(f"{len(sheets)} contact sheets are in {output.resolve()}")
    for problem in _problems(result):
        out.print(problem, style="red", markup=False)
    if result.good:
        verdict = f"Nothing lost, nothing duplicated; {result.expected_dead_letters} task failed for good, as expected"
        out.print(f"{verdict}, and is in its dead letter queue.", style="green")


def _cells(row: QueueOutcome) -> list[str]:
    counts = (row.tasks, row.failures, row.retries, row.waits, row.duplicates, row.dead_letters)
    return [*map(str, counts), *(_seconds(row.percentile(percent)) for percent in (50, 95))]


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f} s"


def _problems(result: Outcome) -> list[str]:
    found = []
    if result.lost:
        found.append(f"{len(result.lost)} tasks did not end: {_some(result.lost)}. Are workers of every pool running?")
    if result.unexpected_failures:
        found.append(
            f"{len(result.unexpected_failures)} tasks failed that should not: {_some(result.unexpected_failures)}"
        )
    if result.missing_failures:
        found.append("the task that had to fail did not")
    if result.duplicates:
        found.append(f"{result.duplicates} effects happened twice: see GET /charges and /messages of the outside world")
    if result.missing_effects:
        found.append(f"{result.missing_effects} orders or e-mails have not arrived outside")
    if result.dead_letters < result.expected_dead_letters:
        found.append(f"expected at least {result.expected_dead_letters} dead letters, found {result.dead_letters}")
    return found


def _some(ids: set[str]) -> str:
    return ", ".join(sorted(ids)[:NAMED_AT_MOST]) + (" ..." if len(ids) > NAMED_AT_MOST else "")
