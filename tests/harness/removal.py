"""Containers and networks outlive the process that made them; here they are removed however that process ends."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

TRIES = 5


@contextmanager
def removed_at_the_end(
    *commands: Sequence[str], cwd: Path | None = None, variables: Mapping[str, str] | None = None
) -> Iterator[None]:
    """Run `commands` in turn when the block ends, and also when this process is killed within it.

    Another process runs them. It waits for the end of a pipe that this process alone holds open, and which the kernel
    closes with it (pipe(7)). A command that fails is run again: what the killed process had begun may still be ending.

    Raises:
        AssertionError: a command failed each time.

    Example: `with removed_at_the_end(["podman", "rm", "--force", name]): ...`
    """
    waits, held = os.pipe()
    process = subprocess.Popen(
        [sys.executable, __file__, json.dumps([list(command) for command in commands])],
        cwd=cwd, env=variables, stdin=waits, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        start_new_session=True,
    )  # fmt: skip
    os.close(waits)
    try:
        yield
    finally:
        os.close(held)
        printed, _ = process.communicate()
        assert process.returncode == 0, printed[-3000:]


def main() -> int:
    """Wait for the end of the pipe, then run the commands of the command line; the exit code is that of the last."""
    sys.stdin.read()
    return max(map(_run, json.loads(sys.argv[1])), default=0)


def _run(command: Sequence[str]) -> int:
    for turn in range(TRIES):
        time.sleep(turn)
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
        )
        if done.returncode == 0:
            return 0
    sys.stdout.buffer.write(done.stdout)
    return 1


if __name__ == "__main__":
    sys.exit(main())
