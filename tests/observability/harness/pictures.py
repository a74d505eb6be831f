"""Draw dashboards from Prometheus's data for the READMEs, because Debian has no package of Grafana."""

import time
from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
from celery_platform.observability.dashboards.panel import Board, Panel
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.dates import DateFormatter, date2num

from .prometheus import Monitoring

COLUMNS = 2
MINUTES = 5
MAX_LINES = 12


def draw(board: Board, monitoring: Monitoring, filled: Callable[[str], str], folder: Path) -> Path:
    """Draw a dashboard's panels as Grafana places them; returns the picture."""
    rows = -(-len(board.panels) // COLUMNS)
    figure, axes = plt.subplots(rows, COLUMNS, figsize=(13, 2.6 * rows), squeeze=False, layout="constrained")
    figure.suptitle(f"{board.title} - {board.text}", fontsize=12)
    for axis, panel in zip(axes.flat, board.panels, strict=False):
        _panel(axis, panel, monitoring, filled)
    for axis in axes.flat[len(board.panels) :]:
        axis.set_visible(False)
    file = folder / f"{board.uid}.png"
    figure.savefig(file, dpi=80)
    plt.close(figure)
    return file


def _panel(axis: Axes, panel: Panel, monitoring: Monitoring, filled: Callable[[str], str]) -> None:
    now = time.time()
    lines = 0
    for query, legend in panel.queries:
        for series in monitoring.range(filled(query), now - MINUTES * 60, now, 2):
            if lines == MAX_LINES:
                break
            points = [(date2num(_moment(at)), float(value)) for at, value in series["values"]]
            label = legend
            for name, value in series["metric"].items():
                label = label.replace("{{" + name + "}}", value)
            axis.plot(*zip(*points, strict=True), label=label.replace("{{", "").replace("}}", ""), linewidth=1.3)
            lines += 1
    axis.set_title(f"{panel.title} [{panel.unit}]", fontsize=9)
    axis.xaxis.set_major_formatter(DateFormatter("%H:%M"))
    axis.set_ylim(bottom=0)
    axis.tick_params(labelsize=7)
    axis.grid(alpha=0.3)
    axis.legend(fontsize=6, loc="upper left")


def _moment(seconds: float) -> "object":
    from datetime import UTC, datetime

    return datetime.fromtimestamp(seconds, UTC)
