"""An empty emulated account for a single plan, so that a plan needs no credentials."""

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local_containers.children import ended_with_parent

from runner.errors import RunError

START_SECONDS = 30


@contextmanager
def throwaway(region: str) -> Iterator[None]:
    """Point this process at a new emulated account on a free loopback port. The account ends with the block.

    Raises:
        RunError: the emulator is not installed or does not start.
    """
    port = _free_port()
    endpoint = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory(prefix="plan-account-") as folder:
        log = Path(folder, "emulator.log")
        with log.open("w") as output:
            process = subprocess.Popen(
                [*ended_with_parent(), sys.executable, "-m", "emulated_region.emulator"],
                env=_variables(region, port, Path(folder)),
                cwd=folder,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # on Ctrl-C, Terraform must end first; the emulator is stopped below
            )
        try:
            _wait(process, endpoint, log)
            os.environ.update(AWS_ENDPOINT_URL=endpoint, AWS_EC2_METADATA_DISABLED="true")
            os.environ.update(AWS_ACCESS_KEY_ID="000000000000", AWS_SECRET_ACCESS_KEY="throwaway")  # noqa: S106
            yield
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _variables(region: str, port: int, folder: Path) -> dict[str, str]:
    return {
        **{key: value for key, value in os.environ.items() if not key.startswith("AWS_")},
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_REGION": region,
        "TMPDIR": str(folder),
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(process: subprocess.Popen[bytes], endpoint: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(f"{endpoint}/_ministack/health", timeout=2).close()  # noqa: S310
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
        else:
            return
    last = log.read_text().strip().splitlines()[-1:] or ["no message"]
    raise RunError(
        "the AWS emulator (ministack) to start", last[0], "install the development dependencies: `make setup`"
    )
