"""What each broker kept, as a table in app/README.md; `make test-brokers` writes it."""

import os
from collections import defaultdict
from pathlib import Path

import pytest

from .promises import BROKERS, PROMISES, TITLES

README = Path(__file__).parents[2] / "app" / "README.md"
BEGIN, END = "<!-- broker contract: make test-brokers -->", "<!-- end of broker contract -->"


class Outcomes:
    """Collects the outcome of each promise on each broker."""

    def __init__(self) -> None:
        self.outcomes: dict[str, dict[str, str]] = defaultdict(dict)

    @pytest.hookimpl
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note a promise's outcome; a fixture that failed counts as a failure."""
        name, _, broker = report.nodeid.rpartition("::")[2].removesuffix("]").partition("[")
        promise = name.removeprefix("test_")
        if promise not in PROMISES or broker not in BROKERS:
            return
        if report.failed:
            self.outcomes[promise][broker] = "failed"
        elif report.when == "call":
            self.outcomes[promise].setdefault(broker, report.outcome)

    @pytest.hookimpl
    def pytest_sessionfinish(self) -> None:
        """Write the table, where that was asked for."""
        if os.environ.get("WRITE_TABLE"):
            write(table(self.outcomes))


def cell(promise: str, broker: str, outcome: str | None) -> str:
    """What stands in a cell: kept, what is promised instead, or that it was not tried or not kept."""
    if outcome == "passed":
        return PROMISES[promise].instead.get(broker, "yes")
    return "**broken**" if outcome == "failed" else "not tried"


def table(outcomes: dict[str, dict[str, str]]) -> str:
    """The whole table in Markdown."""
    lines = [f"| | {' | '.join(TITLES[broker] for broker in BROKERS)} |", "|---|" + "---|" * len(BROKERS)]
    for name, promise in PROMISES.items():
        cells = [cell(name, broker, outcomes.get(name, {}).get(broker)) for broker in BROKERS]
        lines.append(f"| {promise.text} | {' | '.join(cells)} |")
    return "\n".join(lines)


def write(text: str, readme: Path = README) -> None:
    """Put the table between its markers."""
    before, _, rest = readme.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    readme.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}")
