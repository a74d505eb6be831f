"""Write the table of faults into the role's README, from the last measurement."""

import json
from pathlib import Path

SCENARIO = Path(__file__).parent
README = SCENARIO.parents[1] / "README.md"
BEGIN, END = "<!-- faults -->\n", "<!-- /faults -->"


def main() -> None:
    """Replace the text between the markers."""
    rows = json.loads((SCENARIO / "measured.json").read_text())
    columns = list(rows[0])
    lines = ["| " + " | ".join(columns) + " |", "|---" * len(columns) + "|"]
    lines += [
        "| "
        + " | ".join(f"{row[column]:,}" if isinstance(row[column], int) else str(row[column]) for column in columns)
        + " |"
        for row in rows
    ]
    before, _, rest = README.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    README.write_text(before + BEGIN + "\n".join(lines) + "\n" + END + after)


if __name__ == "__main__":
    main()
