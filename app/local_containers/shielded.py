"""Run a command that must not be interrupted, because it could not be repeated afterwards: podman, apt-get."""

import subprocess
from collections.abc import Mapping, Sequence


def run_whole(
    command: Sequence[str], env: Mapping[str, str], data: bytes | None = None, seconds: float = 300
) -> subprocess.CompletedProcess[bytes]:
    """Run a command to its end and return the result. An interruption of this process is raised afterwards.

    The command has its own session, so that Ctrl-C does not reach it: podman leaves a bridge and firewall rules behind if it
    is killed while it connects a container, and then refuses to work with them.

    Raises:
        subprocess.TimeoutExpired: it took longer than `seconds`; it was killed.
        FileNotFoundError: the program does not exist.
    """
    pipe = subprocess.PIPE
    process = subprocess.Popen(
        command,
        env=env,
        stdin=subprocess.DEVNULL if data is None else pipe,
        stdout=pipe,
        stderr=pipe,
        start_new_session=True,
    )
    try:
        output, errors = process.communicate(data, timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise
    except KeyboardInterrupt:
        process.communicate(timeout=seconds)
        raise
    return subprocess.CompletedProcess(command, process.returncode, output, errors)
