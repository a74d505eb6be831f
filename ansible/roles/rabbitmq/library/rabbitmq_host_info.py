#!/usr/bin/python
"""Gather the facts of a RabbitMQ host in one round trip instead of one for each fact."""

import subprocess
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = """
module: rabbitmq_host_info
short_description: Gather what is installed, configured and running on a RabbitMQ host
description:
  - Returns all facts that the role needs, so that a run without changes takes seconds.
  - Changes nothing, and works the same in check mode.
options:
  node: {type: str, required: true, description: "The node's name, such as rabbit@host."}
"""

RETURN = """
host:
  description: The facts. A text is empty if the file does not exist.
  type: dict
  returned: always
  contains:
    system: {type: str, description: "ID of os-release, such as debian."}
    packages: {type: dict, description: Versions of installed packages that matter to the role.}
    held: {type: list, description: Those of them that are on hold in apt.}
    cookie: {type: str, description: "The Erlang cookie, so the task needs no_log."}
    environment: {type: str, description: Text of rabbitmq-env.conf.}
    certificate: {type: str, description: The node's certificate as PEM; empty if it has no key.}
    hosts: {type: str, description: Text of /etc/hosts.}
    started_with: {type: str, description: "Checksums of the configuration that the running server read at its start."}
    has_data: {type: bool, description: "Whether the node has ever started, so that it belongs to a cluster."}
    is_running: {type: bool, description: Whether the server runs.}
    has_cloud_init: {type: bool, description: Whether cloud-init may rewrite /etc/hosts.}
    is_container: {type: bool, description: "Whether the host is a container, without a kernel and swap of its own."}
    has_swap: {type: bool, description: Whether swap is on.}
"""

DATA = Path("/var/lib/rabbitmq/mnesia")
PACKAGES = ("rabbitmq-server", "erlang-base", "python3-cryptography")


def found(node: str) -> dict[str, Any]:
    """All facts, see RETURN."""
    packages = _packages()
    return {
        "system": _system(),
        "packages": {row[0]: row[3] for row in packages},
        "held": [row[0] for row in packages if row[2] == "hold"],
        "cookie": _text("/var/lib/rabbitmq/.erlang.cookie").strip(),
        "environment": _text("/etc/rabbitmq/rabbitmq-env.conf"),
        "certificate": _text("/etc/rabbitmq/tls/certificate.pem") if Path("/etc/rabbitmq/tls/key.pem").exists() else "",
        "hosts": _text("/etc/hosts"),
        "started_with": _text("/run/rabbitmq/started-with"),
        "has_data": (DATA / node).is_dir(),
        "is_running": Path("/run/systemd/system").exists() and _succeeds("systemctl", "is-active", "rabbitmq-server"),
        "has_cloud_init": Path("/etc/cloud/cloud.cfg.d").is_dir(),
        "is_container": _succeeds("systemd-detect-virt", "--container"),
        "has_swap": len(_text("/proc/swaps").splitlines()) > 1,
    }


def _text(file: str) -> str:
    try:
        return Path(file).read_text()
    except FileNotFoundError:
        return ""


def _system() -> str:
    lines = [line.partition("=") for line in _text("/etc/os-release").splitlines()]
    return next((value.strip('"') for key, _, value in lines if key == "ID"), "unknown")


def _packages() -> list[list[str]]:
    """Name, status, selection and version of the packages that are installed, not merely known to dpkg."""
    form = "${Package} ${db:Status-Status} ${db:Status-Want} ${Version}\n"
    try:
        output = subprocess.run(
            ["dpkg-query", "--show", f"--showformat={form}", *PACKAGES], capture_output=True, text=True, check=False
        ).stdout
    except FileNotFoundError:  # not Debian, which the preflight refuses
        return []
    return [row for row in map(str.split, output.splitlines()) if row[1] == "installed"]


def _succeeds(*command: str) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


def main() -> None:
    """Ansible's entry point."""
    module = AnsibleModule(argument_spec={"node": {"type": "str", "required": True}}, supports_check_mode=True)
    module.exit_json(changed=False, host=found(module.params["node"]))


if __name__ == "__main__":
    main()
