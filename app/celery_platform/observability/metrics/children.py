"""The metrics of a prefork pool's child processes: each writes to its own memory-mapped files, which the parent sums.

The files of a replaced child must be kept, or counters would decrease. But with every child there would be more files,
and scrapes would get slower. So the values of dead children are merged into one file, under process id 0, which no
child has.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
MERGED = 0
_process_id = os.getpid()


def prepare_folder() -> Path:
    """Create an empty folder and set it as prometheus_client's, which reads the setting when it is imported.

    The folder is created in systemd's runtime directory, which is in memory, if there is one.
    """
    folder = Path(
        tempfile.mkdtemp(prefix="metrics-", dir=os.environ.get("RUNTIME_DIRECTORY", "").split(":")[0] or None)
    )
    os.environ[VARIABLE] = str(folder)
    return folder


def know_process() -> None:
    """Let values of metrics know their process without asking the system: each would ask eight times for a task.

    `process_identifier` is an extension point of prometheus_client. Values that were made before ask on.
    """
    from prometheus_client import values

    _note_process()
    os.register_at_fork(after_in_child=_note_process)
    made: Any = values.MultiProcessValue(process_identifier=lambda: _process_id)
    values.ValueClass = made


def _note_process() -> None:
    global _process_id
    _process_id = os.getpid()


def remove_folder(folder: Path) -> None:
    """Remove the folder of `prepare_folder`. Processes that still map a file can continue to use it."""
    shutil.rmtree(folder, ignore_errors=True)


def merge_dead(folder: Path) -> None:
    """Add the values of dead processes to those of `MERGED`, and remove their files."""
    from prometheus_client.mmap_dict import MmapedDict

    for kind, process, file in _files(folder):
        if process == MERGED or _alive(process):
            continue
        if _has_header(file):
            merged = MmapedDict(str(folder / f"{kind}_{MERGED}.db"))
            for key, value, _, _ in MmapedDict.read_all_values_from_file(str(file)):
                merged.write_value(key, merged.read_value(key)[0] + value, 0.0)
            merged.close()
        file.unlink()


def added_up(folder: Path) -> list["Metric"]:
    """The metric families of all processes, with each sample summed over them."""
    from prometheus_client.multiprocess import MultiProcessCollector

    return list(MultiProcessCollector.merge([str(file) for _, _, file in _files(folder) if _has_header(file)]))


def _has_header(file: Path) -> bool:
    """Whether the file has its header: it is empty until its process has given it a size.

    `MmapedDict.__init__` creates the file, then sets its size. A reader in between would fail with `struct.error`. If a
    child was killed at that point, every later scrape would fail (prometheus_client 0.26).
    """
    return file.stat().st_size > 0


def _files(folder: Path) -> Iterator[tuple[str, int, Path]]:
    """The metric type, process id and path of every file. There are no gauges in files, so all types can be summed."""
    for file in sorted(folder.glob("*.db")):
        kind, _, process = file.stem.rpartition("_")
        yield kind, int(process), file


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
