"""Run a command that must not be cut short, as half its work could not be repeated: podman, apt-get."""

import subprocess
from collections.abc import Mapping, Sequence


def run_whole(
    command: Sequence[str], env: Mapping[str, str], data: bytes | None = None, seconds: float = 300
) -> subprocess.CompletedProcess[bytes]:
    """Run a command to its end and return what happened; an interruption of ours is raised after that.

    In a session of its own, so that Ctrl-C at the terminal does not reach it: podman, killed while it connects a
    container, leaves a bridge and firewall rules that it then refuses to work with.

    Raises:
        subprocess.TimeoutExpired: it took longer than `seconds`; it was killed.
        FileNotFoundError: there is no such program.
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
