"""Metrics of a prefork pool's children: each writes to mapped files of its own, which the parent adds up.

A recycled child leaves its files, or counters would go backwards. Left alone they grow with every child, and so does
the time of a scrape; so the files of dead children are folded into one, under process number 0, which nobody has.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
NOBODY = 0


def prepare_folder() -> Path:
    """Make an empty folder and name it to prometheus_client, which decides at its import where values are kept.

    In the service manager's runtime folder, which is memory, where there is one.
    """
    folder = Path(
        tempfile.mkdtemp(prefix="metrics-", dir=os.environ.get("RUNTIME_DIRECTORY", "").split(":")[0] or None)
    )
    os.environ[VARIABLE] = str(folder)
    return folder


def remove_folder(folder: Path) -> None:
    """Remove what `prepare_folder` made; a file still mapped somewhere stays readable there."""
    shutil.rmtree(folder, ignore_errors=True)


def fold_dead(folder: Path) -> None:
    """Add the values of processes that are gone to those of NOBODY, and remove their files."""
    from prometheus_client.mmap_dict import MmapedDict

    for kind, process, file in _files(folder):
        if process == NOBODY or _alive(process):
            continue
        if _has_begun(file):
            folded = MmapedDict(str(folder / f"{kind}_{NOBODY}.db"))
            for key, value, _, _ in MmapedDict.read_all_values_from_file(str(file)):
                folded.write_value(key, folded.read_value(key)[0] + value, 0.0)
            folded.close()
        file.unlink()


def added_up(folder: Path) -> list["Metric"]:
    """The families of all processes, each sample the sum over them."""
    from prometheus_client.multiprocess import MultiProcessCollector

    return list(MultiProcessCollector.merge([str(file) for _, _, file in _files(folder) if _has_begun(file)]))


def _has_begun(file: Path) -> bool:
    """Whether the file has its head: it is empty from its making until its process gives it a size.

    `MmapedDict.__init__` opens, then truncates. A reader in between fails with `struct.error`, and so would every
    scrape for ever after a child that was killed there (prometheus_client 0.26).
    """
    return file.stat().st_size > 0


def _files(folder: Path) -> Iterator[tuple[str, int, Path]]:
    """Kind of metric, process and path of every file. Gauges are not kept in files here, so every kind adds up."""
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
