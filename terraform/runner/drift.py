"""Drift: differences of the account from Terraform's configuration, and of the hosts from Ansible's."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from runner.errors import RunError

PLAYBOOKS = Path(__file__).parents[2] / "ansible"
# Prints Ansible's results as JSON; the package ansible includes ansible.posix.
CALLBACK = {"ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json"}


def on_hosts(name: str) -> list[str]:
    """What `ansible-playbook site.yml` would change, as `host: task`. Empty if the environment has no hosts.

    Raises:
        RunError: a host is unreachable, or a task fails in check mode.
    """
    done = subprocess.run(
        ["ansible-playbook", "--check", "--diff", "site.yml"],
        cwd=PLAYBOOKS,
        env={**os.environ, **CALLBACK, "ENV": name},
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        # Other callbacks may print before and after the JSON.
        report, _ = json.JSONDecoder().raw_decode(done.stdout, done.stdout.index("{"))
    except ValueError:
        raise RunError(
            "a report of ansible-playbook --check", (done.stderr or done.stdout)[-500:], "see above"
        ) from None
    failed = sorted(host for host, count in report["stats"].items() if count["failures"] or count["unreachable"])
    if failed:
        why = "; ".join(_failures(report)) or done.stderr[-300:]
        raise RunError("every host to be checked", f"{', '.join(failed)} failed: {why}", "run `make site` for details")
    return list(changes(report))


def changes(report: dict[str, Any]) -> Iterator[str]:
    """Each task that would make a change, from Ansible's report.

    Example: `["worker-1: Write the unit"]`
    """
    for task, host, result in _results(report):
        if result.get("changed"):
            yield f"{host}: {task}"


def _failures(report: dict[str, Any]) -> Iterator[str]:
    for task, host, result in _results(report):
        if result.get("failed") or result.get("unreachable"):
            yield f"{host}: {task}: {result.get('msg', '')}"


def _results(report: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for play in report["plays"]:
        for task in play["tasks"]:
            for host, result in task["hosts"].items():
                yield task["task"]["name"], host, result
