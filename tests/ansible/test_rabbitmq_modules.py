"""The modules of the role rabbitmq: one writes several files, one gathers the facts of a host."""

import os
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.ansible.loaded import loaded
from tests.ansible.roles import ANSIBLE

LIBRARY = ANSIBLE / "roles" / "rabbitmq" / "library"


@pytest.fixture(scope="module")
def files() -> ModuleType:
    return loaded(LIBRARY / "rabbitmq_files.py")


def _entry(**changed: Any) -> dict[str, Any]:
    return {"content": "a = 1\n", "group": "root", "mode": "0640"} | changed


pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="files of root are written by root")


def test_a_file_that_was_written_is_not_written_again(files: ModuleType, tmp_path: Path) -> None:
    file = tmp_path / "conf.d" / "a.conf"

    assert files.differs(file, _entry())
    files.write(file, _entry())

    assert not files.differs(file, _entry())
    assert file.read_text() == "a = 1\n"
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.parametrize("changed", [{"content": "a = 2\n"}, {"mode": "0600"}, {"group": "daemon"}], ids=str)
def test_content_mode_and_group_are_each_looked_at(files: ModuleType, tmp_path: Path, changed: dict[str, str]) -> None:
    file = tmp_path / "a.conf"
    files.write(file, _entry())

    assert files.differs(file, _entry(**changed))


def test_a_group_that_a_package_is_still_to_make_is_a_difference(files: ModuleType, tmp_path: Path) -> None:
    file = tmp_path / "a.conf"
    files.write(file, _entry())

    assert files.differs(file, _entry(group="not-yet-made"))
