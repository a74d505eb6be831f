"""Decide whether an application that the check cannot import might work with real secrets and a network."""

import linecache
import re
import traceback
from collections.abc import Iterable, Iterator

from celery_platform.settings.placeholders import PLACEHOLDER
from celery_platform.worker.check_imports import NoNetworkError

# Errors that no value of a secret can cause.
CERTAIN = (ImportError, SyntaxError, NameError)
# The number of innermost frames in which a placeholder must occur: code that parses a value calls few functions.
NEAREST = 4
NAME = re.compile(r"[A-Za-z_]\w*")


def why_unsure(error: BaseException, secrets: Iterable[str]) -> str | None:
    """The reason why the error may be caused by the check; `None` if it would occur with real values too.

    `secrets` are the variables that hold placeholders.

    Example: `why_unsure(error, ["DATABASE_URL"])`
    """
    chain = list(_chain(error))
    raised = chain[-1]
    if any(isinstance(one, NoNetworkError) for one in chain):
        return "it opens a connection at import, and this check has no network"
    if isinstance(raised, CERTAIN) or len(chain) == 1:
        return None
    named = next((name for name in secrets for one in chain[1:] if re.search(rf"\b{name}\b", str(one))), None)
    if named or any(PLACEHOLDER in str(one) for one in chain[1:]) or _is_near(raised):
        return f"{named or 'a secret'} is a placeholder in this check, and the application may expect another form"
    return None


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and its causes, the original error last."""
    seen: list[BaseException] = []
    one: BaseException | None = error
    while one is not None and one not in seen:
        seen.append(one)
        one = one.__cause__ or one.__context__
    return iter(seen)


def _is_near(error: BaseException) -> bool:
    """Whether the code that raised the error was processing a placeholder."""
    for frame, line in list(traceback.walk_tb(error.__traceback__))[-NEAREST:]:
        values = dict(frame.f_locals)
        if frame.f_code.co_name == "<module>":  # only the names in its failing line, not all of the module's
            used = NAME.findall(linecache.getline(frame.f_code.co_filename, line))
            values = {name: values[name] for name in used if name in values}
        if any(isinstance(value, str) and PLACEHOLDER in value for value in values.values()):
            return True
    return False
