"""Dashboards and panels, independent of Grafana's JSON."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Panel:
    """A graph: PromQL queries, each with its legend. `unit` is the unit's name in Grafana."""

    title: str
    queries: tuple[tuple[str, str], ...]
    unit: str = "short"
    stacked: bool = False


@dataclass(frozen=True)
class Board:
    """A dashboard. `variables` maps the name of a template variable to the query that lists its values."""

    uid: str
    title: str
    text: str
    panels: tuple[Panel, ...]
    variables: dict[str, str] = field(default_factory=dict)


def one(query: str, legend: str) -> tuple[tuple[str, str], ...]:
    """The queries of a panel that has only one."""
    return ((query, legend),)
