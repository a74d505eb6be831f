"""Read from a worker's log how the attempts of tasks ended."""

import json
from pathlib import Path
from typing import Any


def ends(log: Path, task: str, task_id: str | None = None) -> list[dict[str, Any]]:
    """Return the log records of the ends of a task's attempts, oldest first, with `event`, `error` and `reason`.

    Example: `[end["event"] for end in ends(log, "probe.flaky")] == ["task retried", "task succeeded"]`
    """
    lines = (json.loads(line) for line in log.read_text().splitlines() if line.startswith("{"))
    return [
        line
        for line in lines
        if line.get("logger") == "app.outcome"
        and line["task_name"] == task
        and (task_id is None or line["task_id"] == task_id)
    ]
