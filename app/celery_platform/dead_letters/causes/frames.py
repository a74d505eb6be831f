"""Where in the application's own code an error was raised, from the text of its traceback.

On hosts and in pods the application is installed beside its libraries, so that `site-packages` in a path does not tell
whose code it is. The package of the task's name does, or, for a task with a name of its own, the package of the first
frame that Celery and the platform called. Python's library, Celery and the platform are never the application.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

_FRAME = re.compile(r'^\s*(?:\|\s*)*File "(?P<file>[^"]+)", line (?P<line>\d+), in (?P<function>.+)$', re.MULTILINE)
# In the traceback of a group of errors, where that of its first error begins.
_FIRST_OF_GROUP = re.compile(r"^\s*\+-\+-+ 1 -+$", re.MULTILINE)
_INSTALLED = re.compile(r".*[/\\](?:site|dist)-packages[/\\]")
_STANDARD_LIBRARY = re.compile(r".*[/\\]python3(?:\.\d+)?t?[/\\]|<")
# The platform in a checkout, and not a checkout of that name.
_PLATFORM = re.compile(r".*[/\\]app[/\\]celery_platform[/\\]")
# The messages of a cause name the same files.
_FILES = 1_024
_MACHINERY = frozenset({"celery", "kombu", "billiard", "celery_platform"})


@dataclass(frozen=True)
class Frame:
    """A frame of a traceback; `file` begins at the application's package where that is known."""

    file: str
    function: str
    line: int

    def __str__(self) -> str:
        return f"{self.file} in {self.function}"


def own_frame(traceback: str | None, task: str) -> Frame | None:
    """The innermost frame of the application's own code, in the last error of a traceback or else in what caused it.

    Where there is none, the innermost of a library: an error that a library raises by itself. `None` without frames.

    Args:
        traceback: as Python formats it, perhaps cut at its beginning.
        task: the name of the task.

    Example: `str(own_frame(message.traceback, "news.tasks.digest")) == "news/mail.py in connect"`
    """
    frames = _frames(traceback or "")
    package = task.partition(".")[0]
    if not any(package in _parts(frame.file) for frame in frames):
        package = _first_called(frames)
    outwards = frames[::-1]
    innermost = next((frame for frame in outwards if _is_own(frame.file, package)), None) or next(
        (frame for frame in outwards if not _is_machinery(frame.file) and not _is_python(frame.file)), None
    )
    if innermost is None:
        return None
    return Frame(_from_package(innermost.file, package), innermost.function, innermost.line)


def _frames(text: str) -> list[Frame]:
    """All frames, the innermost of the last error last: an error that it was caused by comes before it.

    Those of the errors in a group come after it, and do not count.
    """
    group = _FIRST_OF_GROUP.search(text)
    found = _FRAME.finditer(text[: group.start()] if group else text)
    return [Frame(each["file"], each["function"], int(each["line"])) for each in found]


def _is_own(file: str, package: str) -> bool:
    if _is_machinery(file) or _is_python(file):
        return False
    installed = _INSTALLED.match(file)
    return package == _top(file[installed.end() :]) if installed else True


@lru_cache(maxsize=_FILES)
def _is_machinery(file: str) -> bool:
    installed = _INSTALLED.match(file)
    return _top(file[installed.end() :]) in _MACHINERY if installed else bool(_PLATFORM.match(file))


@lru_cache(maxsize=_FILES)
def _is_python(file: str) -> bool:
    return not _INSTALLED.match(file) and bool(_STANDARD_LIBRARY.match(file))


def _first_called(frames: list[Frame]) -> str:
    """The package of the first frame that is not Celery's, the platform's or Python's."""
    for frame in frames:
        if not _is_machinery(frame.file) and not _is_python(frame.file):
            installed = _INSTALLED.match(frame.file)
            return _top(frame.file[installed.end() :]) if installed else ""
    return ""


def _from_package(file: str, package: str) -> str:
    """The path from the package on, so that a host, a pod and a checkout name the same frame in the same way."""
    installed = _INSTALLED.match(file)
    if installed:
        return file[installed.end() :].replace("\\", "/")
    parts = re.split(r"[/\\]", file)
    names = [part.removesuffix(".py") for part in parts]
    return "/".join(parts[names.index(package) :]) if package and package in names else file


@lru_cache(maxsize=_FILES)
def _parts(file: str) -> tuple[str, ...]:
    return tuple(part.removesuffix(".py") for part in re.split(r"[/\\]", file))


def _top(path: str) -> str:
    return _parts(path)[0]
