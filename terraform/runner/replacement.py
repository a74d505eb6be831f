"""Replace a machine: free it, put a new instance in its place, and let that one join.

A record of the instance to replace is kept until the end, so that an interrupted replacement continues where it ended:
while the state has that instance, it is still to be freed and replaced; when it has none, as after an apply that failed
half-way, a new one is to be created; when it has another one, that one has to join.
"""

import json
import os
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runner.errors import RunError
from runner.stops import machine, machines

PLAYBOOKS = Path(__file__).parents[2] / "ansible"
FREE = "operations/replace/free.yml"
JOIN = "operations/replace/join.yml"
Playbook = Callable[..., None]


@dataclass(frozen=True)
class Replacement:
    """The replacement of one machine. `record` is the file that remembers its old instance."""

    host: str
    record: Path

    def begin(self, state: Mapping[str, Any]) -> None:
        """Remember the machine's instance, unless an earlier run has.

        Raises:
            RunError: the environment has no machine of that name.
        """
        if not self.record.exists():
            old = machine(state, self.host)
            self.record.write_text(json.dumps({"instance": old["values"]["id"], "address": old["address"]}))

    def address(self) -> str:
        """The address of the instance in Terraform's configuration."""
        return str(json.loads(self.record.read_text())["address"])

    def has_old(self, state: Mapping[str, Any]) -> bool:
        """Whether the state has the remembered instance."""
        return bool(self._instance(state) == json.loads(self.record.read_text())["instance"])

    def has_new(self, state: Mapping[str, Any]) -> bool:
        """Whether the state has another instance than the remembered one."""
        return self._instance(state) is not None and not self.has_old(state)

    def _instance(self, state: Mapping[str, Any]) -> str | None:
        found = machines(state).get(self.host)
        return None if found is None else str(found["values"]["id"])

    def end(self) -> None:
        """Forget the instance, because the new one has joined."""
        self.record.unlink(missing_ok=True)


def replace(
    replacement: Replacement, state: Callable[[], Mapping[str, Any]], apply: Callable[[], None], playbook: Playbook,
    *, lost: bool,
) -> None:  # fmt: skip
    """Run the steps that are still to be done.

    Args:
        replacement: the machine.
        state: the state, from `terraform show -json`.
        apply: plans the replacement, asks, and applies it.
        playbook: runs a playbook for the machine.
        lost: the machine cannot be freed, because it does not answer any more.
    """
    replacement.begin(state())
    now = state()
    if replacement.has_old(now):
        playbook(FREE, lost=lost)
    if replacement.has_new(now):
        print(f"{replacement.host} has its new instance, from an earlier run; it has to join.", flush=True)
    else:
        apply()
    playbook(JOIN)
    replacement.end()


def run_playbook(env: str, host: str) -> Playbook:
    """A function that runs a playbook for a machine, with its output on the terminal."""

    def run(file: str, **variables: bool) -> None:
        # A node joins the others; workers and monitoring are configured alone, with what localhost builds for them.
        options = ["--limit", f"localhost,rabbitmq,{host}", "-e", json.dumps({"replaced_host": host} | variables)]
        code = subprocess.run(
            ["ansible-playbook", file, *options], cwd=PLAYBOOKS, env=os.environ | {"ENV": env}, check=False
        ).returncode
        if code:
            remedy = f"fix the cause and run `make replace ENV={env} HOST={host}` again: it continues where it ended"
            raise RunError(f"ansible-playbook {file} to succeed", "the error above", remedy)

    return run
