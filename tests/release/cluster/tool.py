"""Stands for kubectl and for the half of helm that needs an API server: records its calls and answers from a file.

A machine of a developer has no cluster. What helm can do without one is done by the real helm: it parses the options
and values of an upgrade and renders the chart (`--dry-run=client`).
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any


def main(name: str, arguments: list[str]) -> int:
    """Answer one call."""
    folder = Path(os.environ["FAKE_CLUSTER"])
    state: dict[str, Any] = json.loads((folder / "state.json").read_text())
    given = "" if sys.stdin is None or sys.stdin.isatty() or "--filename=-" not in arguments else sys.stdin.read()
    call = {"tool": name, "arguments": arguments, "given": given, "kubeconfig": os.environ.get("KUBECONFIG")}
    with (folder / "calls.jsonl").open("a") as log:
        log.write(json.dumps(call) + "\n")
    if name == "kubectl" and arguments[0] == "get":
        found = state["objects"].get("/".join(word for word in arguments[1:4] if not word.startswith("--ignore")))
        print(json.dumps(found) if found else "")
    if name == "helm" and arguments[0] in ("version", "upgrade", "rollback", "pull"):
        return _helm(state, folder, arguments)
    if name == "helm" and arguments[0] in ("history", "list"):
        print(json.dumps(state["pending" if "--pending" in arguments else "history"]))
    if name == "helm" and arguments[:2] == ["get", "values"]:
        print(json.dumps(state.get("values")))
    return 0


def _helm(state: dict[str, Any], folder: Path, arguments: list[str]) -> int:
    if arguments[0] == "pull":
        (destination,) = (word.partition("=")[2] for word in arguments if word.startswith("--destination="))
        Path(destination, f"keda-{state['pulled']['version']}.tgz").write_bytes(state["pulled"]["content"].encode())
        return 0
    if arguments[0] == "rollback":
        # Without a cluster there is nothing to go back to; the real helm still checks the options.
        return subprocess.run([state["helm"], *arguments, "--help"], stdout=subprocess.DEVNULL, check=False).returncode
    if arguments[:3] == ["upgrade", "--install", "keda"]:
        return 0
    if arguments[:3] == ["upgrade", "--install", "celery"]:
        literals = dict(word.removeprefix("--set-literal=").split("=", 1) for word in arguments if "-literal=" in word)
        (folder / "state.json").write_text(json.dumps(state | {"values": literals}))
    offline = ["--dry-run=client"] if arguments[0] == "upgrade" else []
    (folder / "none.yaml").write_text("[]")
    memory = {"HELM_DRIVER": "memory", "HELM_MEMORY_DRIVER_DATA": str(folder / "none.yaml"), "KUBECONFIG": "/dev/null"}
    return subprocess.run([state["helm"], *arguments, *offline], env=os.environ | memory, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
