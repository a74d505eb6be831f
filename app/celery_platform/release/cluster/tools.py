"""kubectl and helm on one cluster. Both say what they did; an error contains what the tool said."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from celery_platform.errors import ChartError
from celery_platform.release.kubernetes_tools import tool

# Who owns the fields of what is applied here. Helm has its own name.
FIELD_MANAGER = "celery-platform"
HELM = 4


@dataclass(frozen=True)
class Cluster:
    """The cluster behind a kubeconfig.

    Example: `Cluster(file).get("namespace", "celery") is None`
    """

    kubeconfig: Path

    def get(self, kind: str, name: str, namespace: str = "") -> dict[str, Any] | None:
        """An object, or `None` if there is none. The cluster must know the kind."""
        where = [f"--namespace={namespace}"] if namespace else []
        found = self._run("kubectl", "get", kind, name, *where, "--ignore-not-found", "--output=json")
        return json.loads(found) if found.strip() else None

    def apply(self, *objects: dict[str, Any]) -> None:
        """Create objects, or set the fields that are given. Other fields keep their values."""
        text = json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)})
        arguments = ("apply", "--server-side", "--force-conflicts", f"--field-manager={FIELD_MANAGER}", "--filename=-")
        self._run("kubectl", *arguments, data=text)

    def helm(self, *arguments: str) -> str:
        """Run helm and return its output.

        Raises:
            ChartError: helm failed, or is older than version 4, which has other options.
        """
        version = self._run("helm", "version", "--template={{.Version}}")
        if int(version.removeprefix("v").partition(".")[0]) < HELM:
            raise ChartError(
                expected=f"helm {HELM} on the PATH, or none",
                found=version,
                remedy="Update it, or take it off the PATH.",
            )
        return self._run("helm", *arguments)

    def _run(self, name: Any, *arguments: str, data: str | None = None) -> str:
        done = subprocess.run(
            [tool(name), *arguments], input=data, capture_output=True, text=True, check=False,
            env=os.environ | {"KUBECONFIG": str(self.kubeconfig)},
        )  # fmt: skip
        if done.returncode:
            said = "; ".join(done.stderr.strip().splitlines()) or done.stdout.strip()
            raise ChartError(
                expected=f"`{name} {' '.join(arguments[:2])}` to succeed",
                found=said,
                remedy="Correct the cause and run the command again; what was done before is kept.",
            )
        return done.stdout
