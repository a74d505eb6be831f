"""A Python process for all of a test's code: importing the application takes longer than what most of it does."""

import json
import os
import select
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from local_containers.children import ended_with_parent

from .environment import TestEnvironment
from .processes import stop
from .servers import REPOSITORY

# Answers each line, a JSON string of code, with a line of what the code printed, or why it failed.
SERVE = """
import contextlib, io, json, sys, traceback
exec(sys.argv[1])
for line in sys.stdin:
    printed, failed = io.StringIO(), ""
    try:
        with contextlib.redirect_stdout(printed):
            exec(json.loads(line), {"__name__": "__main__"})
    except BaseException:
        failed = traceback.format_exc()
    print(json.dumps([printed.getvalue(), failed]), flush=True)
"""


class RunsPython(Protocol):
    """What runs code as a producer would: an environment, in a process for each; or an interpreter."""

    def python(self, code: str, *, timeout: float = 60) -> str:
        """Run code; returns what it printed."""


class Interpreter:
    """A process of an environment that runs one piece of code after the other, each with names of its own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def python(self, code: str, *, timeout: float = 60) -> str:
        """Run code as a producer would; returns what it printed on standard output."""
        asks, answers = self._process.stdin, self._process.stdout
        assert asks is not None
        assert answers is not None
        asks.write(json.dumps(code) + "\n")
        asks.flush()
        assert select.select([answers], [], [], timeout)[0], f"no answer within {timeout} s to:\n{code}"
        answer = answers.readline()
        assert answer, f"the process ended in:\n{code}"
        printed, failed = json.loads(answer)
        assert not failed, failed
        return str(printed).strip()


@contextmanager
def interpreter(environment: TestEnvironment, first: str = "import exercises.celery") -> Iterator[Interpreter]:
    """Run such a process. `first` is what it runs at once, beside the test: what takes long to import.

    Example: `with interpreter(sqs) as code: code.python("from exercises.quick import note; note.delay('1', 'a')")`
    """
    log = environment.folder / f"interpreter-{os.urandom(3).hex()}.log"
    command = [*ended_with_parent(), sys.executable, "-c", SERVE, first]
    with log.open("ab") as sink:
        process = subprocess.Popen(
            command, cwd=REPOSITORY, env=environment.variables, text=True, start_new_session=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=sink,
        )  # fmt: skip
    try:
        yield Interpreter(process)
    finally:
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
        stop(process, seconds=0)
