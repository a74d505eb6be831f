"""What a dashboard is made of, apart from how Grafana writes it."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Panel:
    """A graph: queries in PromQL with what each line is called. `unit` is Grafana's name of it."""

    title: str
    queries: tuple[tuple[str, str], ...]
    unit: str = "short"
    stacked: bool = False


@dataclass(frozen=True)
class Board:
    """A dashboard. `variables` are label values to choose from: name -> the query that lists them."""

    uid: str
    title: str
    text: str
    panels: tuple[Panel, ...]
    variables: dict[str, str] = field(default_factory=dict)


def one(query: str, legend: str) -> tuple[tuple[str, str], ...]:
    """The only query of a panel."""
    return ((query, legend),)
