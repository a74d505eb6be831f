"""The unit of a worker, as the role writes it on a host."""

from pathlib import Path

import pytest
import yaml

from tests.ansible.written_template import text_as_written
from tests.harness.servers import REPOSITORY

GROUP = yaml.safe_load((REPOSITORY / "ansible" / "inventory" / "group_vars" / "worker.yml").read_text())
NEEDED = {"celery_worker_pool": "io", "celery_worker_region": "eu-west-1", "celery_worker_stop_timeout_seconds": 60}


@pytest.mark.parametrize(("installed", "release"), [
    ("92c0b9fa8a11-python3.13", "92c0b9fa8a11"),
    ("92c0b9fa8a11-python3.13-console", "92c0b9fa8a11"),
    ("5f1d6a7c80b39e24", "5f1d6a7c80b39e24"),  # wheels without a manifest are named after their checksums
])  # fmt: skip
def test_a_worker_is_told_the_release_as_pods_name_it(tmp_path: Path, installed: str, release: str) -> None:
    own = {"celery_app_release": installed, "celery_worker_release": GROUP["celery_worker_release"]}

    unit = text_as_written(tmp_path, "celery_worker", "celery-worker@.service.j2", NEEDED | own)

    assert f"Environment=CELERY_RUNNING_RELEASE={release}\n" in unit


def test_without_a_release_a_worker_is_told_none(tmp_path: Path) -> None:
    unit = text_as_written(tmp_path, "celery_worker", "celery-worker@.service.j2", NEEDED)

    assert "CELERY_RUNNING_RELEASE" not in unit
    assert "ExecStart=/opt/celery/venv/bin/app worker --pool io\n" in unit
