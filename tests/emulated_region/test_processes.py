"""Several processes of one container: they run together and end together."""

import getpass
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from .conftest import PYTHONPATH


def process(name: str, *command: str, **variables: str) -> dict[str, Any]:
    return {"name": name, "command": command, "user": getpass.getuser(), "folder": "/", "variables": variables}


def start(folder: Path, *processes: dict[str, Any]) -> subprocess.Popen[str]:
    file = folder / "processes.json"
    file.write_text(json.dumps(processes))
    return subprocess.Popen(
        [sys.executable, "-m", "emulated_region.processes", str(file)], text=True, stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": ":".join(PYTHONPATH)},
    )  # fmt: skip


def wait_for(file: Path) -> str:
    deadline = time.monotonic() + 20
    while not (file.exists() and file.read_text()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return file.read_text()


def alive(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    return True


def test_each_has_its_own_variables(tmp_path: Path) -> None:
    say = f"echo $WORD > {tmp_path}/$NAME; sleep 60"
    both = [process(name, "sh", "-c", say, NAME=name, WORD=f"word of {name}") for name in ("one", "other")]

    running = start(tmp_path, *both)

    assert wait_for(tmp_path / "one").strip() == "word of one"
    assert wait_for(tmp_path / "other").strip() == "word of other"
    running.send_signal(signal.SIGTERM)
    assert running.wait(20) == 0


def test_when_one_ends_the_others_end_too_and_its_name_is_said(tmp_path: Path) -> None:
    going_on = process("going-on", "sh", "-c", f"echo $$ > {tmp_path}/pid; exec sleep 60")
    ending = process("ending", "sh", "-c", f"until [ -s {tmp_path}/pid ]; do sleep 0.1; done; exit 7")

    running = start(tmp_path, going_on, ending)

    _, printed = running.communicate(timeout=30)
    assert running.returncode == 7
    assert "ending ended with exit code 7" in printed
    assert not alive(wait_for(tmp_path / "pid").strip())


def test_one_that_ends_well_is_an_end_too(tmp_path: Path) -> None:
    assert start(tmp_path, process("done", "true")).wait(20) == 1
