"""The stop matrix: write `measured.json`, with each way in which a worker ends, as tables into two READMEs.

python -m tests.stops.matrix
"""

import json
from dataclasses import asdict
from pathlib import Path

from .brokers import KINDS
from .strike import ENDS, Outcome

MEASURED = Path(__file__).parent / "measured.json"
REPOSITORY = Path(__file__).parents[2]
READMES = {
    "host": REPOSITORY / "ansible" / "roles" / "celery_worker" / "README.md",
    "pod": REPOSITORY / "app" / "chart" / "README.md",
}
BEGIN, FINISH = "<!-- stop matrix: make stop-matrix -->\n", "<!-- end of the stop matrix -->"
HEAD = (
    "| broker | event | tasks lost | duplicate effects | retried | interrupted, rerun after | all done after |",
    "|---|---|---|---|---|---|---|",
)


def note(place: str, broker: str, end: str, outcome: Outcome) -> None:
    """Store the outcome of a cell and replace an older one."""
    rows = json.loads(MEASURED.read_text()) if MEASURED.exists() else []
    key = {"place": place, "broker": broker, "end": end}
    rows = [row for row in rows if {name: row[name] for name in key} != key] + [key | asdict(outcome)]
    rows.sort(key=lambda row: (row["place"], row["broker"], row["end"]))
    MEASURED.write_text("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n")


def table(place: str) -> str:
    """The rows for `host` or `pod`: each end on each broker, measured or not."""
    rows = [row for row in json.loads(MEASURED.read_text()) if row["place"] == place]
    measured = {(row["broker"], row["end"]): row for row in rows}
    cells = [(broker, end) for broker in KINDS for end in ENDS]
    return "\n".join([*HEAD, *(_line(*cell, measured.get(cell)) for cell in cells)]) + "\n"


def _line(broker: str, end: str, row: dict[str, object] | None) -> str:
    if row is None:
        return f"| {broker} | {end} | not measured | | | | |"
    elsewhere = "nothing interrupted" if row["elsewhere"] is None else f"{row['elsewhere']} s"
    cells = (broker, end, row["lost"], row["repeated"], row["again"], elsewhere, f"{row['done']} s")
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def written(place: str) -> str:
    """The README for `host` or `pod` with the table of measurements."""
    before, _, rest = READMES[place].read_text().partition(BEGIN)
    _, _, after = rest.partition(FINISH)
    return before + BEGIN + table(place) + FINISH + after


if __name__ == "__main__":
    for place, readme in READMES.items():
        readme.write_text(written(place))
