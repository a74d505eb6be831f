"""Whether an application that the check cannot import could be imported with real secrets and a network."""

import linecache
import re
import traceback
from collections.abc import Iterable, Iterator

from celery_platform.settings.placeholders import PLACEHOLDER
from celery_platform.worker.check_imports import NoNetworkError

# No secret's value makes these.
CERTAIN = (ImportError, SyntaxError, NameError)
# How near to the error a placeholder has to be: what reads a value calls little more than one function.
NEAREST = 4
NAME = re.compile(r"[A-Za-z_]\w*")


def why_unsure(error: BaseException, secrets: Iterable[str]) -> str | None:
    """Why nobody knows, in words; `None` where it fails with real values too. `secrets` are the variables that hold
    placeholders.

    Example: `why_unsure(error, ["DATABASE_URL"])`
    """
    chain = list(_chain(error))
    raised = chain[-1]
    if any(isinstance(one, NoNetworkError) for one in chain):
        return "it calls somebody while it is imported, and there is no network for this check"
    if isinstance(raised, CERTAIN) or len(chain) == 1:
        return None
    named = next((name for name in secrets for one in chain[1:] if re.search(rf"\b{name}\b", str(one))), None)
    if named or any(PLACEHOLDER in str(one) for one in chain[1:]) or _is_near(raised):
        return f"{named or 'a secret'} holds a placeholder here, and a value of another form (a URL, a key) is expected"
    return None


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and those that it came from, the first that was raised last."""
    seen: list[BaseException] = []
    one: BaseException | None = error
    while one is not None and one not in seen:
        seen.append(one)
        one = one.__cause__ or one.__context__
    return iter(seen)


def _is_near(error: BaseException) -> bool:
    """Whether what raised it was working on a placeholder."""
    for frame, line in list(traceback.walk_tb(error.__traceback__))[-NEAREST:]:
        values = dict(frame.f_locals)
        if frame.f_code.co_name == "<module>":  # all that a module has is no argument of its failing line
            used = NAME.findall(linecache.getline(frame.f_code.co_filename, line))
            values = {name: values[name] for name in used if name in values}
        if any(isinstance(value, str) and PLACEHOLDER in value for value in values.values()):
            return True
    return False
