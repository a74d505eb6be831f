"""Run several commands of `app` in one process, because starting Python takes longer than the commands."""

import json
import shlex

from .interpreter import RunsPython

# Errors that the command line prints as messages are exceptions here, so they are tested separately.
RUN = """
import json
from typer.testing import CliRunner
from celery_platform.cli.commands import commands
runs = [CliRunner().invoke(commands, words) for words in {words!r}]
print(json.dumps([[run.exit_code, run.stdout] for run in runs]))
"""


def commands(environment: RunsPython, *lines: str) -> list[tuple[int, str]]:
    """Return exit code and output of each command line, such as `dlq list --json`."""
    words = [shlex.split(line) for line in lines]
    printed = environment.python(RUN.format(words=words), timeout=240)
    return [(code, said) for code, said in json.loads(printed.splitlines()[-1])]
