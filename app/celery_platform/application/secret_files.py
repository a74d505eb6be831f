"""Secrets that the application asks for as files: in memory, for one process and its children, gone when these are.

A process can end without running any of its own code (SIGKILL, as systemd's watchdog does), so removal does not depend
on it. In `RUNTIME_DIRECTORY` the service manager removes the files however a unit ends. Everywhere each folder is
locked (`flock`) for as long as its process or a child of it lives, and each start removes this user's folders that
nobody holds. The kernel gives a lock back at the end of a process: a process ID that was given away again says nothing,
and neither does one of another container that shares the file system.
"""

import atexit
import fcntl
import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

# A file system in memory, where the machine has one: what is written there never reaches a disk.
MEMORY = Path("/dev/shm")  # noqa: S108 - mkdtemp makes a folder of its own in it
PREFIX = "celery-secrets-"
# Signals that end a process by default, without `atexit`.
ENDS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@dataclass(frozen=True)
class _Folder:
    path: Path
    lock: int
    owner: int


_folders: list[_Folder] = []


def write_secret_files(values: Mapping[str, str]) -> dict[str, str]:
    """Write each value to a file that only this user may read; returns the files' paths under the same names.

    They are removed when this process ends. SIGTERM, SIGINT and SIGHUP still end it, unless it handles them otherwise.
    What processes that are gone have left is removed first, also when there is nothing to write.

    Example: `write_secret_files({"TLS_KEY": key}) == {"TLS_KEY": "/run/celery-1/celery-secrets-917-k2x/tls_key"}`
    """
    _remove_abandoned()
    if not values:
        return {}
    _remove_on_signals()
    folder = _new_folder()
    paths = {name: folder / name.lower() for name in values}
    for name, path in paths.items():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400), "w") as sink:
            sink.write(values[name])
    return {name: str(path) for name, path in paths.items()}


def remove_secret_files() -> None:
    """Remove what this process has written, as it does by itself when it ends; for an end without `atexit`."""
    for folder in _own():
        shutil.rmtree(folder.path, ignore_errors=True)


def locks() -> tuple[int, ...]:
    """Descriptors of the locks on this process's folders. A program that inherits them keeps the files while it runs.

    Example: `subprocess.Popen(command, pass_fds=locks())`
    """
    return tuple(folder.lock for folder in _own())


def _own() -> list[_Folder]:
    """A forked child inherits the list, not the files."""
    return [folder for folder in _folders if folder.owner == os.getpid()]


def _places() -> list[Path]:
    """Where files may be, the best first: the service manager's folder (the first of several), memory, temporary."""
    of_manager = os.environ.get("RUNTIME_DIRECTORY", "").split(":")[0]
    places = [*([Path(of_manager)] if of_manager else []), MEMORY, Path(tempfile.gettempdir())]
    return [place for place in places if place.is_dir() and os.access(place, os.W_OK | os.X_OK)]


def _new_folder() -> Path:
    while True:
        path = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=_places()[0]))
        # Another process's start may take it for abandoned between its making and its lock.
        try:
            lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        except FileNotFoundError:
            continue
        fcntl.flock(lock, fcntl.LOCK_EX)
        if path.exists():
            break
        os.close(lock)
    if not _own():
        atexit.register(remove_secret_files)
    _folders.append(_Folder(path, lock, os.getpid()))
    return path


def _remove_abandoned() -> None:
    for place in _places():
        for path in place.glob(f"{PREFIX}*"):
            _remove_unless_held(path)


def _remove_unless_held(path: Path) -> None:
    try:
        folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:  # it has just gone, is another user's, or no folder
        return
    try:
        if os.fstat(folder).st_uid == os.geteuid():
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(path, ignore_errors=True)
    except BlockingIOError:
        return
    finally:
        os.close(folder)


def _remove_on_signals() -> None:
    """Only where a signal would end the process: a handler that is there, and `nohup`, stay as they are."""
    if threading.current_thread() is not threading.main_thread():
        return
    for number in ENDS:
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _remove_and_end)


def _remove_and_end(number: int, _frame: FrameType | None) -> None:
    remove_secret_files()
    signal.signal(number, signal.SIG_DFL)
    signal.raise_signal(number)
