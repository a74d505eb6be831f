"""Write the dashboards in Grafana's JSON format.

Run `python -m celery_platform.observability.dashboards.render`. Grafana's SDK, a development dependency, encodes the
JSON.
"""

from pathlib import Path

from grafana_foundation_sdk.builders.common import StackingConfig
from grafana_foundation_sdk.builders.dashboard import Dashboard, DatasourceVariable, QueryVariable
from grafana_foundation_sdk.builders.prometheus import Dataquery
from grafana_foundation_sdk.builders.timeseries import Panel as TimeSeries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.common import StackingMode
from grafana_foundation_sdk.models.dashboard import DataSourceRef, GridPos, VariableRefresh

from celery_platform.observability.dashboards.boards import BOARDS
from celery_platform.observability.dashboards.panel import Board, Panel

FOLDER = Path(__file__).parent / "grafana"
SOURCE = DataSourceRef(type_val="prometheus", uid="${source}")
COLUMNS, WIDTH, HEIGHT = 2, 12, 8
OPACITY = 20


def to_text(board: Board) -> str:
    """The JSON of a dashboard."""
    made = (
        Dashboard(board.title)
        .uid(board.uid)
        .description(board.text)
        .tags(["celery"])
        .refresh("30s")
        .time("now-1h", "now")
        .with_variable(DatasourceVariable("source").label("Prometheus").type("prometheus"))
    )
    for name, query in board.variables.items():
        made = made.with_variable(
            QueryVariable(name).datasource(SOURCE).query(query).refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        )
    for number, panel in enumerate(board.panels):
        made = made.with_panel(_graph(panel, number))
    return JSONEncoder(sort_keys=True, indent=2).encode(made.build()) + "\n"


def _graph(panel: Panel, number: int) -> TimeSeries:
    row, column = divmod(number, COLUMNS)
    graph = (
        TimeSeries()
        .title(panel.title)
        .unit(panel.unit)
        .datasource(SOURCE)
        .min(0)
        .fill_opacity(OPACITY)
        .grid_pos(GridPos(h=HEIGHT, w=WIDTH, x=column * WIDTH, y=row * HEIGHT))
    )
    if panel.stacked:
        graph = graph.stacking(StackingConfig().mode(StackingMode.NORMAL))
    for letter, (query, legend) in zip("ABCDEF", panel.queries, strict=False):
        graph = graph.with_target(Dataquery().expr(query).legend_format(legend).ref_id(letter))
    return graph


def generated() -> dict[Path, str]:
    """The text of each dashboard file, by path."""
    return {FOLDER / f"{board.uid}.json": to_text(board) for board in BOARDS}


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for file, text in generated().items():
        file.write_text(text)
