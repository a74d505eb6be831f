"""A patch round on a worker host, also after a round that was interrupted."""

from pathlib import Path

import pytest

from tests.ansible.noted_steps import steps
from tests.ansible.roles import ANSIBLE, read

pytestmark = pytest.mark.server
STARTS = ["celery_worker/start", "celery_process/start"]
ROUND = ["host/pending", "celery_worker/drain", "celery_process/drain", "host/patch", *STARTS]


@pytest.mark.parametrize(
    ("pending", "options", "expected"),
    [
        (True, [], ROUND),
        (False, [], ["host/pending", *STARTS]),
        (True, ["--check"], ["host/pending"]),
    ],
    ids=["pending", "nothing pending after a round that was interrupted", "check mode"],
)
def test_each_round_ends_with_workers_and_processes_that_run(
    tmp_path: Path, pending: bool, options: list[str], expected: list[str]
) -> None:
    workers = read(ANSIBLE / "patch.yml")[0]

    taken = steps(
        workers, tmp_path, *options,
        host_needs_patches=pending, celery_worker_pools=["io"], celery_process_of_host=["relay"],
    )  # fmt: skip

    assert taken == expected
