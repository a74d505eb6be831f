"""The metrics of a prefork pool's children are summed, even while one is starting or after one was killed."""

import subprocess
import sys
from pathlib import Path

from celery_platform.observability.metrics.children import added_up, merge_dead
from prometheus_client.mmap_dict import MmapedDict, mmap_key

ALIVE = 1  # on every machine
TASKS = mmap_key("tasks", "tasks_total", [], [], "Tasks.")


def written(folder: Path, process: int, value: float) -> None:
    file = MmapedDict(str(folder / f"counter_{process}.db"))
    file.write_value(TASKS, value, 0.0)
    file.close()


def dead_process() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def tasks_in(folder: Path) -> float:
    [family] = added_up(folder)
    [sample] = family.samples
    return sample.value


def test_the_counts_of_dead_children_are_kept_and_their_files_are_removed(tmp_path: Path) -> None:
    dead = dead_process()
    written(tmp_path, ALIVE, 2)
    written(tmp_path, dead, 3)

    merge_dead(tmp_path)

    assert tasks_in(tmp_path) == 5
    assert not (tmp_path / f"counter_{dead}.db").exists()


def test_a_scrape_succeeds_while_a_child_has_only_opened_its_file(tmp_path: Path) -> None:
    written(tmp_path, ALIVE, 2)
    (tmp_path / f"histogram_{ALIVE}.db").touch()

    merge_dead(tmp_path)

    assert tasks_in(tmp_path) == 2


def test_the_file_of_a_child_killed_while_opening_it_is_removed(tmp_path: Path) -> None:
    dead = dead_process()
    written(tmp_path, ALIVE, 2)
    (tmp_path / f"histogram_{dead}.db").touch()

    merge_dead(tmp_path)

    assert tasks_in(tmp_path) == 2
    assert not (tmp_path / f"histogram_{dead}.db").exists()
