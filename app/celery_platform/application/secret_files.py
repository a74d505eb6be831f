"""Secrets as files in memory, for one process and its children, which are removed when these have ended.

A process can end without running any of its own code (SIGKILL, for example by systemd's watchdog), so removal must not
depend on that. systemd removes the files in `RUNTIME_DIRECTORY` however a unit ends. In addition, each folder is locked
(`flock`) as long as its process or a child of it lives, and each start removes this user's unlocked folders. The kernel
releases a lock when its processes have ended. A process id would not be reliable: it may be reused, or belong to
another container that shares the file system.
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

# A file system in memory, if the machine has one: files there never reach a disk.
MEMORY = Path("/dev/shm")  # noqa: S108 - mkdtemp creates a private folder in it
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
    """Write each value to a file that only this user may read; return the files' paths under the same names.

    The files are removed when this process ends. SIGTERM, SIGINT and SIGHUP still end it, unless it handles them
    itself. Files that dead processes have left are removed first, even if there is nothing to write.

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
    """Remove this process's files. It happens automatically at exit, except for exits that skip `atexit`."""
    for folder in _own():
        shutil.rmtree(folder.path, ignore_errors=True)


def locks() -> tuple[int, ...]:
    """Descriptors of the locks on this process's folders. A program that inherits them keeps the files while it runs.

    Example: `subprocess.Popen(command, pass_fds=locks())`
    """
    return tuple(folder.lock for folder in _own())


def _own() -> list[_Folder]:
    """The folders of this process. A forked child inherits the list but does not own the files."""
    return [folder for folder in _folders if folder.owner == os.getpid()]


def _places() -> list[Path]:
    """Possible places in order of preference: systemd's runtime directory, memory, the temporary folder."""
    of_manager = os.environ.get("RUNTIME_DIRECTORY", "").split(":")[0]
    places = [*([Path(of_manager)] if of_manager else []), MEMORY, Path(tempfile.gettempdir())]
    return [place for place in places if place.is_dir() and os.access(place, os.W_OK | os.X_OK)]


def _new_folder() -> Path:
    while True:
        path = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=_places()[0]))
        # Before it is locked, another starting process may take the folder for an abandoned one and remove it.
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
    except OSError:  # it no longer exists, belongs to another user, or is not a folder
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
    """Handle signals that would end the process. Existing handlers and ignored signals (`nohup`) are left alone."""
    if threading.current_thread() is not threading.main_thread():
        return
    for number in ENDS:
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _remove_and_end)


def _remove_and_end(number: int, _frame: FrameType | None) -> None:
    remove_secret_files()
    signal.signal(number, signal.SIG_DFL)
    signal.raise_signal(number)
