"""Tables and a plot with the medians of the rounds."""

import statistics
from pathlib import Path
from typing import Any

BEGIN, END = "<!-- measured -->", "<!-- /measured -->"
UNITS = {
    "per_second": ("a second", 0), "cpu_us": ("CPU each", 0), "start_seconds": ("first task after", 1),
    "p50_ms": ("p50", 1), "p95_ms": ("p95", 1), "p99_ms": ("p99", 1), "mib": ("memory", 0),
    "calls": ("calls", 2),
}  # fmt: skip
SUFFIX = {"cpu_us": " us", "start_seconds": " s", "p50_ms": " ms", "p95_ms": " ms", "p99_ms": " ms", "mib": " MiB"}
Row = dict[str, Any]


def medians(results: list[Row], section: str) -> dict[str, dict[str, tuple[float, float, float]]]:
    """Median, minimum and maximum of each value of each row. A row that failed in every round has no values."""
    rows: dict[str, dict[str, list[float]]] = {}
    for each in results:
        if each["section"] == section:
            values = rows.setdefault(each["row"], {})
            for name in UNITS.keys() & each.keys():
                values.setdefault(name, []).append(each[name])
    return {
        row: {name: (statistics.median(found), min(found), max(found)) for name, found in values.items()}
        for row, values in rows.items()
    }


def tables(results: list[Row]) -> str:
    """One Markdown table for each section. Other rows are compared with the first row of their section."""
    return "\n\n".join(
        _table(section, medians(results, section)) for section in dict.fromkeys(r["section"] for r in results)
    )


def _table(section: str, rows: dict[str, dict[str, tuple[float, float, float]]]) -> str:
    names = [name for name in UNITS if any(name in values for values in rows.values())]
    lead = names[0] if names else "per_second"
    base = next((values[lead][0] for values in rows.values() if lead in values), 0)
    base_cpu = next((values["cpu_us"][0] for values in rows.values() if "cpu_us" in values), 0)
    titles = [*(UNITS[name][0] for name in names), "ratio", "ratio of CPU", "spread"]
    lines = [f"**{section}**", "", f"| | {' | '.join(titles)} |"]
    lines.append("|---|" + "---:|" * (len(names) + 3))
    for row, values in rows.items():
        if lead not in values:
            lines.append(f"| {row} | failed |" + " |" * (len(names) + 2))
            continue
        median, least, greatest = values[lead]
        shown = [f"{values[name][0]:,.{UNITS[name][1]}f}{SUFFIX.get(name, '')}" for name in names]
        cheaper = f"{base_cpu / values['cpu_us'][0]:.2f}" if "cpu_us" in values else "-"
        spread = f"{least / median:.2f} to {greatest / median:.2f}"
        lines.append(f"| {row} | {' | '.join(shown)} | {median / base:.2f} | {cheaper} | {spread} |")
    return "\n".join(lines)


def plot(results: list[Row], section: str) -> str:
    """A bar chart of one section as SVG."""
    rows = {row: values["per_second"] for row, values in medians(results, section).items() if "per_second" in values}
    most, height = max((greatest for _, _, greatest in rows.values()), default=1), 26
    bars = []
    for place, (row, (median, least, greatest)) in enumerate(rows.items()):
        y = 40 + place * height
        width, low, high = (round(value / most * 360) for value in (median, least, greatest))
        colour = "#2a7f62" if row.endswith("as shipped") else "#9aa5b1"
        bars.append(
            f'<text x="250" y="{y + 13}" text-anchor="end">{row}</text>'
            f'<rect x="258" y="{y}" width="{width}" height="17" fill="{colour}"/>'
            f'<line x1="{258 + low}" y1="{y + 8}" x2="{258 + high}" y2="{y + 8}" stroke="#333"/>'
            f'<text x="{266 + high}" y="{y + 13}">{median:,.0f}</text>'
        )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="720" height="{50 + len(rows) * height}" '
        'font-family="sans-serif" font-size="13"><rect width="100%" height="100%" fill="white"/>'
        f'<text x="12" y="24" font-weight="bold">{section}: tasks a second, median and range</text>'
        f"{''.join(bars)}</svg>\n"
    )


def into_readme(readme: Path, about: Row, results: list[Row]) -> None:
    """Replace the text between the markers, and the plot."""
    text = readme.read_text()
    loads = [each["load_before"] for each in results]
    said = (
        f"{about['day']}, {about['cores']} cores for broker, workers and driver together, Python {about['python']}; "
        f"up to {about['tasks']:,} tasks, {about['rounds']} rounds. Load average before each measurement: median "
        f"{statistics.median(loads):.1f}, greatest {max(loads):.1f}."
    )
    begin, end = text.index(BEGIN) + len(BEGIN), text.index(END)
    readme.write_text(f"{text[:begin]}\n{said}\n\n{tables(results)}\n{text[end:]}")
    first = results[0]["section"]
    readme.with_name("drain.svg").write_text(plot(results, first))
