"""The programs that a region needs, and their installation if that is possible."""

import os
import shutil
from pathlib import Path

from local_containers.errors import ContainerError
from local_containers.shielded import run_whole

PACKAGES = ["podman", "runc", "catatonit", "mmdebstrap", "uidmap", "netavark", "aardvark-dns", "iptables"]


def ensure_tools() -> bool:
    """Make sure that podman is installed; on Debian, root installs it.

    Returns: whether something was installed.

    Raises:
        ContainerError: not root, or podman is missing and this is not Debian, or apt-get failed.
    """
    if os.geteuid() != 0:
        raise ContainerError(
            "root, because tools here reach hosts at their private addresses, which rootless podman does not support",
            f"user {os.geteuid()}",
            "run it with sudo, or in a virtual machine",
        )
    if shutil.which("podman"):
        return False
    wanted = " ".join(PACKAGES)
    if not (shutil.which("apt-get") and Path("/etc/debian_version").exists()):
        raise ContainerError("podman on the PATH", "no podman", f"install these packages: {wanted}")
    _apt_get("update", "-qq")
    _apt_get("install", "-y", "-qq", "--no-install-recommends", *PACKAGES)
    return True


def _apt_get(*arguments: str) -> None:
    done = run_whole(["apt-get", *arguments], os.environ | {"DEBIAN_FRONTEND": "noninteractive"}, seconds=900)
    if done.returncode != 0:
        raise ContainerError(
            f"`apt-get {' '.join(arguments)}` to succeed",
            (done.stderr.decode(errors="replace").strip().splitlines() or [f"exit code {done.returncode}"])[-1],
            "install the packages yourself, then start again",
        )
