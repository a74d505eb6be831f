"""Writes what each broker kept as a table in app/README.md, for `make test-brokers`."""

import os
from collections import defaultdict
from pathlib import Path

import pytest

from .guarantees import BROKERS, GUARANTEES, TITLES

README = Path(__file__).parents[2] / "app" / "README.md"
BEGIN, END = "<!-- broker contract: make test-brokers -->", "<!-- end of broker contract -->"


class Outcomes:
    """Collects the outcome of each guarantee on each broker."""

    def __init__(self) -> None:
        self.outcomes: dict[str, dict[str, str]] = defaultdict(dict)

    @pytest.hookimpl
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Record a guarantee's outcome; a fixture that failed counts as a failure."""
        name, _, broker = report.nodeid.rpartition("::")[2].removesuffix("]").partition("[")
        guarantee = name.removeprefix("test_")
        if guarantee not in GUARANTEES or broker not in BROKERS:
            return
        if report.failed:
            self.outcomes[guarantee][broker] = "failed"
        elif report.when == "call":
            self.outcomes[guarantee].setdefault(broker, report.outcome)

    @pytest.hookimpl
    def pytest_sessionfinish(self) -> None:
        """Write the table when `WRITE_TABLE` asks for it."""
        if os.environ.get("WRITE_TABLE"):
            write(self.outcomes)


def cell(guarantee: str, broker: str, outcome: str | None, before: str) -> str:
    """Return a cell: yes, what holds instead, or broken; the cell as before, when this run did not try it."""
    if outcome == "passed" or (outcome == "skipped" and broker in GUARANTEES[guarantee].instead):
        return GUARANTEES[guarantee].instead.get(broker, "yes")
    return "**broken**" if outcome == "failed" else before


def cells_of(text: str) -> dict[tuple[str, str], str]:
    """Return the cells of a table by guarantee and broker."""
    by_text = {guarantee.text: name for name, guarantee in GUARANTEES.items()}
    by_title = {title: broker for broker, title in TITLES.items()}
    rows = [[word.strip() for word in line.strip("|").split("|")] for line in text.splitlines()]
    columns = [by_title.get(title) for title in next((row[1:] for row in rows if row[0] == "" and len(row) > 1), [])]
    return {
        (by_text[row[0]], broker): found
        for row in rows
        if row[0] in by_text
        for broker, found in zip(columns, row[1:], strict=True)
        if broker
    }


def table(outcomes: dict[str, dict[str, str]], before: dict[tuple[str, str], str]) -> str:
    """Return the whole table in Markdown."""
    lines = [f"| | {' | '.join(TITLES[broker] for broker in BROKERS)} |", "|---|" + "---|" * len(BROKERS)]
    for name, guarantee in GUARANTEES.items():
        cells = [
            cell(name, broker, outcomes.get(name, {}).get(broker), before.get((name, broker), "not tried"))
            for broker in BROKERS
        ]
        lines.append(f"| {guarantee.text} | {' | '.join(cells)} |")
    return "\n".join(lines)


def write(outcomes: dict[str, dict[str, str]], readme: Path = README) -> None:
    """Put the table between its markers; cells that this run did not try stay as they were."""
    before, _, rest = readme.read_text().partition(BEGIN)
    old, _, after = rest.partition(END)
    readme.write_text(f"{before}{BEGIN}\n{table(outcomes, cells_of(old))}\n{END}{after}")
