"""The podman settings are within the limits of the machine."""

import resource
import tomllib
from pathlib import Path

import pytest
from local_containers import limits


@pytest.mark.parametrize(
    ("hard", "expected"), [(20_000, 20_000), (1_048_576, 65_536), (resource.RLIM_INFINITY, 65_536)]
)
def test_a_limit_is_never_above_the_hard_limit(hard: int, expected: int) -> None:
    assert limits.at_most(limits.OPEN_FILES, hard) == expected


@pytest.mark.parametrize(("unified", "engine"), [(False, {"runtime": "runc"}), (True, None)])
def test_runc_is_chosen_where_crun_refuses(unified: bool, engine: dict[str, str] | None) -> None:
    settings = tomllib.loads(limits.containers_conf(20_000, 4_000, unified))

    assert settings["containers"]["default_ulimits"] == ["nofile=20000:20000", "nproc=4000:4000"]
    assert settings.get("engine") == engine


def test_the_written_file_asks_for_no_more_than_this_process_may(tmp_path: Path) -> None:
    limits.write_containers_conf(tmp_path / "new" / "containers.conf")

    settings = tomllib.loads((tmp_path / "new" / "containers.conf").read_text())
    open_files = int(settings["containers"]["default_ulimits"][0].rpartition(":")[2])
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    assert open_files > 0
    assert hard == resource.RLIM_INFINITY or open_files <= hard
