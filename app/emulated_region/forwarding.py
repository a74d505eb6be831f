"""In place of Session Manager: forward what the monitoring host serves on its loopback to this machine's.

A process of its own does that until the region stops. It records what it forwards as `app tunnel` does, so that commands
with `--env` find it in the same way.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from celery_platform.environment.files import resolved_file
from celery_platform.settings.tunnelled import LOOPBACK, Forwarded, forwarded
from celery_platform.tunnel.targets import gate_ports

from emulated_region.errors import RegionError
from emulated_region.plan import CHECKOUT, Region
from emulated_region.progress import console, step

MODULE = "emulated_region.forwarder"
BEGUN_SECONDS = 20
STOP_SECONDS = 5


def ensure_forwarding(region: Region) -> None:
    """Forward the ports of the monitoring host, if there is one; replaces what forwarded them before.

    Raises:
        RegionError: it did not begin.
    """
    stop_forwarding(region)
    ports = gate_ports(json.loads(resolved_file(region.environment).read_text()))
    if not ports:
        return
    log = region.state / "forwarder.log"
    with step(f"{len(ports)} ports of the monitoring host"), log.open("wb") as sink:
        process = subprocess.Popen(
            [sys.executable, "-m", MODULE, region.environment], cwd=CHECKOUT, stdin=subprocess.DEVNULL, stdout=sink,
            stderr=sink, start_new_session=True, env=_environment(),
        )  # fmt: skip
        _process_file(region).write_text(str(process.pid))
        deadline = time.monotonic() + BEGUN_SECONDS
        while not forwarded(region.environment):
            if process.poll() is not None or time.monotonic() > deadline:
                said = log.read_text(errors="replace").strip().splitlines()[-3:]
                raise RegionError("ports to be forwarded", " ".join(said) or "no answer", "run `make up` again")
            time.sleep(0.1)
    for end in forwarded(region.environment):
        console.print(f"  {end.label} 127.0.0.1:{end.local}")


def stop_forwarding(region: Region) -> None:
    """End the process that forwards, if it runs."""
    file = _process_file(region)
    with suppress(OSError, ValueError):
        process = int(file.read_text())
        file.unlink()
        if MODULE.encode() in Path(f"/proc/{process}/cmdline").read_bytes():  # the number may be another's by now
            os.kill(process, signal.SIGTERM)
            _wait_for_end(process)


def is_noted(region: Region) -> bool:
    """Whether this process is the one that forwards the ports of a region."""
    try:
        return int(_process_file(region).read_text()) == os.getpid()
    except (OSError, ValueError):
        return False


def ends(ports: dict[str, int], local: Iterator[int]) -> list[Forwarded]:
    """What is forwarded to which local ports."""
    return [Forwarded(label, LOOPBACK, port, next(local)) for label, port in ports.items()]


def _process_file(region: Region) -> Path:
    return region.state / "forwarder.pid"


def _environment() -> dict[str, str]:
    paths = [str(CHECKOUT / "app"), os.environ.get("PYTHONPATH", "")]
    return os.environ | {"PYTHONPATH": os.pathsep.join(path for path in paths if path)}


def _wait_for_end(process: int) -> None:
    deadline = time.monotonic() + STOP_SECONDS
    while Path(f"/proc/{process}").exists() and time.monotonic() < deadline:
        with suppress(ChildProcessError):
            os.waitpid(process, os.WNOHANG)
        time.sleep(0.05)
