"""A wrapper of the podman command."""

import json
import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from local_containers.errors import ContainerError
from local_containers.shielded import run_whole


@dataclass(frozen=True)
class Container:
    """A container as podman lists it. `state` is podman's term: created, running, exited, paused..."""

    name: str
    state: str
    labels: dict[str, str] = field(default_factory=dict)


class Podman:
    """Runs podman with the project's settings, if they were written."""

    def __init__(self, containers_conf: Path) -> None:
        self._conf = containers_conf

    def environment(self) -> dict[str, str]:
        """The process environment of podman."""
        return os.environ | ({"CONTAINERS_CONF": str(self._conf)} if self._conf.exists() else {})

    def attempt(
        self, *arguments: str, data: bytes | None = None, seconds: float = 300
    ) -> subprocess.CompletedProcess[bytes]:
        """Run podman and return the result, even of a failure.

        Raises:
            ContainerError: podman is missing, or took longer than `seconds`.
        """
        try:
            return run_whole(["podman", *arguments], self.environment(), data, seconds)
        except FileNotFoundError:
            raise ContainerError("podman on the PATH", "no podman", "`python -m emulated_region start` installs it") from None
        except subprocess.TimeoutExpired:
            expected = f"`podman {' '.join(arguments[:2])}` within {seconds:.0f} s"
            raise ContainerError(expected, "no answer", "check whether `podman ps` responds, then start again") from None

    def run(self, *arguments: str, data: bytes | None = None, seconds: float = 300) -> str:
        """Run podman and return its output.

        Raises:
            ContainerError: podman failed; the error contains its last line.
        """
        done = self.attempt(*arguments, data=data, seconds=seconds)
        if done.returncode != 0:
            said = done.stderr.decode(errors="replace").strip().splitlines() or [f"exit code {done.returncode}"]
            raise ContainerError(
                f"`podman {' '.join(arguments[:2])}` to succeed", said[-1], "`python -m emulated_region stop`, then start again"
            )
        return done.stdout.decode().strip()

    def containers(self, *filters: str) -> dict[str, Container]:
        """The containers that match podman's filters, in any state, by name.

        Example: `podman.containers("label=celery-platform.region=celery-local")`
        """
        options = [part for text in filters for part in ("--filter", text)]
        # A pod's infra container matches, too. It has no label of ours and belongs to the pod.
        rows = json.loads(self.run("ps", "--all", "--format", "json", *options) or "[]")
        found = [Container(row["Names"][0], row["State"], row.get("Labels") or {}) for row in rows]
        return {container.name: container for container in found}

    def remove(self, *names: str) -> None:
        """Kill and remove containers and their anonymous volumes. Missing containers are not an error."""
        if names:
            self.run("rm", "--force", "--volumes", "--ignore", "--time", "0", *names)

    def logs(self, name: str, lines: int = 5) -> str:
        """The last lines of a container's log."""
        done = self.attempt("logs", "--tail", str(lines), name)
        return (done.stdout + done.stderr).decode(errors="replace").strip()
