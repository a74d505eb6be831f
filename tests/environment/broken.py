"""What every refusal of an environment file must look like, whatever is wrong with the file."""

import re
from pathlib import Path

from celery_platform.environment import EnvironmentFileError
from celery_platform.environment.load import parse

from tests.harness.environment import ENVIRONMENTS

FILE = ENVIRONMENTS / "prod" / "environment.yml"
GOOD = FILE.read_text()

# The required limit. It is repeated here instead of imported, so that a change of the code's constant fails a test.
MESSAGE_BYTES = 2_048

# A line of a message, except the first one and the count of the omitted problems.
_PROBLEM = re.compile(r"  (line \d+(, \S.*?)?|\(file\)|[\w.'\[\]-].*?): found (.+); allowed: (.+)")
_COUNT = re.compile(r"  and [\d,]+ more problems?")
# Parts of a message that are quoted from the file: text in quotes, and the keys of a mapping.
_OWN = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|(?<=found a mapping )\(.*?\)")
# Terms of Python, pydantic and PyYAML, which a message must not contain.
_FOREIGN = re.compile(
    r"\b(dict|dictionary|instance(?! type)|NoneType|None|True|False|pydantic|Traceback|Input|literal|tuple|str|int|"
    r"bool|\w*(Error|Exception)|validator|iterable|token|node content|unhashable|codec|class|object|__\w+__)\b"
)


def refusal(content: str | bytes, file: Path = FILE) -> str | None:
    """The message with which the content is refused; `None` if it is valid. Any other exception is a defect."""
    try:
        parse(content if isinstance(content, bytes) else content.encode(), file)
    except EnvironmentFileError as error:
        return str(error)
    return None


def edited(old: str, new: str) -> str:
    """Production's file with the first occurrence of a text replaced; the text must occur."""
    assert old in GOOD, f"{old!r} must occur in {FILE}"
    return GOOD.replace(old, new, 1)


def faults(message: str, file: Path = FILE) -> list[str]:
    """The faults of a message: it has to name the file, the place, what was found and what is allowed, in words."""
    title, *lines = message.split("\n")
    found = [] if title == f"{file} cannot be used:" and lines else [f"no file: {title}"]
    if len(message.encode()) > MESSAGE_BYTES:
        found.append(f"{len(message.encode())} bytes")
    for line in lines:
        if not _PROBLEM.fullmatch(line) and not _COUNT.fullmatch(line):
            found.append(f"no place, found or allowed: {line}")
        found += [f"{word[0]!r} in: {line}" for word in _FOREIGN.finditer(_ours(line))]
    return found


def _ours(line: str) -> str:
    """A line of a message without the text that it quotes from the file, which may contain any words."""
    place, _, said = line.partition(": found ")
    parent = place.rpartition(", ")[2].strip().rpartition(".")[0]
    return _OWN.sub("", f"found {said}".replace(f"the keys of {parent}:", "") if parent else f"found {said}")
