"""`python -m tests.settlement.table` prints the table of app/celery_platform/settlement/README.md from the cases."""

from collections.abc import Iterator

from .cases import CASES, Case


def rows() -> Iterator[str]:
    """The lines of the table: what a task does, how often its body runs, what becomes of its message."""
    yield "| a task that ... | runs | settled as | result | dead-lettered with the reason | if acknowledged early |"
    yield "|---|---|---|---|---|---|"
    for case in CASES:
        reason = f"`{case.reason}`" if case.reason else ("" if not case.dead_lettered else "its error")
        settled = ", ".join(case.settlements)
        yield f"| {case.title} | {case.runs} | {settled} | {case.state} | {reason} | {_early(case)} |"


def _early(case: Case) -> str:
    if not case.early:
        return ""
    settlements = case.early["settlements"]
    assert isinstance(settlements, list)
    return f"{', '.join(settlements)}, {case.early['runs']} run"


if __name__ == "__main__":
    print("\n".join(rows()))
