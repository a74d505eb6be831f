"""Plan an estate with `terraform/run.py`, as a person without credentials does."""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.estates.conftest import ROOT


def planned(name: str, environments: Path, folder: Path) -> list[dict[str, Any]]:
    """The resource changes of a first plan of this environment. `folder` gets Terraform's files."""
    own = {"HOME": str(folder), "STATE_FOLDER": str(folder / "state"), "ENVIRONMENTS": str(environments)}
    variables = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "TF_"))}
    file = folder / "plan.json"
    done = subprocess.run(
        [sys.executable, "terraform/run.py", "plan", name, "--json", str(file)],
        cwd=ROOT,
        env=variables | own | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-5_000:] + done.stderr[-5_000:]
    changes: list[dict[str, Any]] = json.loads(file.read_text())["resource_changes"]
    return changes


def seconds_of_children() -> float:
    """The CPU time of all processes that this one has waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
