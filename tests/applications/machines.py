"""The machines of the local environment while it is up: its hosts and its pods, as containers of this machine."""

import json
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

KIND = "celery-platform.kind"
HOST = "EC2 instance"
OWNER = "celery-platform.region=celery-local"


@dataclass(frozen=True)
class Machine:
    """A host, whose init is systemd, or the one container of a pod."""

    name: str
    is_host: bool
    began: datetime

    def do(self, *command: str, given: str = "") -> str:
        """What a command prints in it: on a host as root, in a pod as its own user, as there root may read less."""
        return _podman("exec", "--interactive", self.name, *command, given=given)

    def log(self) -> str:
        """All that its processes said: the journal of a host, the output of a pod's container."""
        if self.is_host:
            return self.do("journalctl", "--boot", "--all", "--output=cat")
        return _podman("logs", self.name)

    def described(self) -> str:
        """What it was made from, as whoever may look at containers (or pods) sees it."""
        return _podman("inspect", self.name)

    def first(self, message: str) -> datetime | None:
        """When its journal said this first."""
        said = self.do("journalctl", "--boot", "--output=json", f"--grep={message}", "--output-fields=MESSAGE")
        entries = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
        times = [int(entry["__REALTIME_TIMESTAMP"]) for entry in entries]
        return datetime.fromtimestamp(min(times) / 1e6, UTC) if times else None


def machines(part: str) -> list[Machine]:
    """Those whose name has this part: `worker-cpu` of the hosts' pool, `worker-io` of the pods'."""
    rows = sorted(((row["Names"][0], row["Labels"][KIND]) for row in _listed()), key=lambda row: row[0])
    return [Machine(name, kind == HOST, _began(name)) for name, kind in rows if part in name]


def any_is_there() -> bool:
    """Whether a local environment is up, of this checkout or of another."""
    return bool(_listed())


def _listed() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(_podman("ps", "--all", f"--filter=label={OWNER}", "--format=json") or "[]")
    return found


def _began(name: str) -> datetime:
    iso = '--format={{.State.StartedAt.UTC.Format "2006-01-02T15:04:05.000+00:00"}}'
    return datetime.fromisoformat(_podman("inspect", iso, name).strip())


def _podman(*words: str, given: str = "") -> str:
    done = subprocess.run(
        ["podman", *words], input=given, check=False, text=True, errors="replace",
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    return done.stdout
