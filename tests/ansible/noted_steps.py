"""Plays whose steps only note which role they would include, to test when they do. Scenarios test the roles."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from tests.ansible.roles import ANSIBLE


def steps(play: dict[str, Any], folder: Path, *options: str, **variables: Any) -> list[str]:
    """The steps that the play takes on one host, in turn, as `role/file of tasks`.

    Raises:
        AssertionError: the play failed.

    Example: `steps(read(ANSIBLE / "drain.yml")[0], tmp_path) == ["celery_worker/drain", "celery_process/drain"]`
    """
    log = folder / "log"
    noted = play | {"hosts": "all", "connection": "local", "gather_facts": False, "tasks": _noted(play["tasks"])}
    (folder / "play.yml").write_text(yaml.safe_dump([noted]))
    given = json.dumps({"log": str(log)} | variables)
    done = subprocess.run(
        [Path(sys.executable).with_name("ansible-playbook"), "-i", "one,", "-e", given, *options, folder / "play.yml"],
        cwd=ANSIBLE, text=True, check=False, timeout=180, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    return log.read_text().split() if log.exists() else []


def _noted(tasks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [task | {"block": _noted(task["block"])} if "block" in task else _note(**task) for task in tasks]


def _note(**task: Any) -> dict[str, Any]:
    include = task.pop("ansible.builtin.include_role")
    what = f"{include['name']}/{include.get('tasks_from', 'main')}"
    return task | {"ansible.builtin.raw": f"echo {what} >> {{{{ log }}}}", "check_mode": False}
