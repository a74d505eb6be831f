"""Real servers as processes on free loopback ports."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from local_containers.children import ended_with_parent

from tests.server_marker import refuse_a_server


def free_port() -> int:
    """Return a free TCP port of the loopback interface."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def find_program(name: str, package: str) -> str:
    """The program's path. Root on Debian installs a package that is missing; others skip the test."""
    versioned = ":".join(str(folder) for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin")))
    folders = f"{os.environ['PATH']}:/usr/sbin:/usr/lib/rabbitmq/bin:{versioned}"
    found = shutil.which(name, path=folders)
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        command = ["apt-get", "install", "-qq", "--no-install-recommends", "--yes", package]
        subprocess.run(command, check=False, capture_output=True, timeout=300)
        found = shutil.which(name, path=folders)
    if found is None:
        pytest.skip(f"{name} is not installed (Debian package {package})")
    return found


def wait_for_port(port: int, process: subprocess.Popen[bytes], log: Path, seconds: float = 60) -> None:
    """Wait until something listens; a process that ends instead fails with its log."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    pytest.fail(f"nothing listens on {port} after {seconds} s:\n{log.read_text()[-3000:]}")


@contextmanager
def running(
    command: list[str], log: Path, variables: Mapping[str, str] | None = None, stop_seconds: float = 20
) -> Iterator[subprocess.Popen[bytes]]:
    """A process in a group of its own, stopped with all its children at the end, and when the tests are killed.

    Start it from a thread that lives as long as it does: Linux counts the end of that thread as the parent's.
    """
    refuse_a_server()
    command = [*ended_with_parent(), *command]
    with log.open("ab") as sink:
        process = subprocess.Popen(
            command, stdout=sink, stderr=sink, stdin=subprocess.DEVNULL, env=variables, start_new_session=True
        )
    try:
        yield process
    finally:
        stop(process, stop_seconds)


def stop(process: subprocess.Popen[bytes] | subprocess.Popen[str], seconds: float) -> None:
    """Ask the process alone to end, as systemd does; then end what is left of its group."""
    if process.poll() is None:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(10)
