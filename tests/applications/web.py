"""A web process of an application: it lives as long as a test's environment, and publishes what a test asks for."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .estate import Application, stop

# Runs each line of JSON as code, and answers with what the code left in `answer`, or with its error.
LOOP = """
import json, sys, traceback
{setup}
names = {{}}
for line in sys.stdin:
    try:
        names["answer"] = None
        exec(json.loads(line), names)
        said = {{"answer": names["answer"]}}
    except BaseException as error:
        said = {{"error": f"{{type(error).__name__}}: {{error}}", "traceback": traceback.format_exc()}}
    print("answer " + json.dumps(said, default=str), flush=True)
"""


class Web:
    """The process; `call` runs code in it."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def call(self, code: str) -> Any:
        """What the code left in `answer`; fails with the process's traceback.

        Example: `web.call("from orders.tasks import total; answer = total.delay([1]).id")`
        """
        said = self._ask(code)
        assert "error" not in said, said["traceback"]
        return said["answer"]

    def refused(self, code: str) -> str:
        """The error that the code ends with."""
        said = self._ask(code)
        assert "error" in said, said
        return str(said["error"])

    def _ask(self, code: str) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(code) + "\n")
        self._process.stdin.flush()
        for line in self._process.stdout:
            if line.startswith("answer "):
                return dict(json.loads(line[7:]))
        raise AssertionError(f"the web process ended with {self._process.wait(10)}")


@contextmanager
def web(application: Application, setup: str = "", prefix: tuple[str, ...] = ("run", "--")) -> Iterator[Web]:
    """Started by `app run -- python ...`, after `setup` ran in it."""
    log = Path(application.environment.folder / "web.log")
    with log.open("a") as sink:
        process = subprocess.Popen(
            [sys.executable, "-m", "celery_platform", *prefix, "python", "-u", "-c", LOOP.format(setup=setup)],
            cwd=application.folder, env=application.environment.variables, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=sink, start_new_session=True,
        )  # fmt: skip
    try:
        yield Web(process)
    finally:
        if process.stdin:
            process.stdin.close()
        stop(process, 10)
