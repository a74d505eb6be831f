"""A process with the old password cannot reconnect, so a rotation restarts each that has it."""

from pathlib import Path

import pytest

from tests.ansible.noted_steps import steps
from tests.ansible.roles import ANSIBLE, read

pytestmark = pytest.mark.server
ROTATION = ANSIBLE / "operations" / "rabbitmq" / "rotate_credentials.yml"


def test_workers_beat_and_processes_of_a_host_are_restarted(tmp_path: Path) -> None:
    restarts = next(play for play in read(ROTATION) if play["hosts"] == "worker")

    taken = steps(restarts, tmp_path, celery_worker_pools=["io", "cpu"], celery_process_of_host=["relay", "web"])

    assert taken == [*["celery_worker/restart"] * 2, "celery_beat/restart", *["celery_process/restart"] * 2]
