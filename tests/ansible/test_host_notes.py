"""What a host runs is noted beside the records of releases, and matches the record from which it came."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from celery_platform.release.records.manifest import configuration_digest

from tests.harness import servers
from tests.harness.environment import KEYS

pytestmark = pytest.mark.server

ANSIBLE = Path(__file__).parents[2] / "ansible"
ENVIRONMENT: dict[str, Any] = {"name": "tests", "région": "ü", "pools": {"b": {"max": 1.5}, "a": None}}


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with servers.aws(tmp_path_factory.mktemp("account")) as url:
        yield url


@pytest.fixture
def bucket(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> str:
    for name, value in (KEYS | {"AWS_ENDPOINT_URL": endpoint}).items():
        monkeypatch.setenv(name, value)
    name = f"releases-{len(boto3.client('s3').list_buckets()['Buckets'])}"
    region = {"LocationConstraint": KEYS["AWS_REGION"]}
    boto3.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration=region)
    return name


def run(folder: Path, bucket: str) -> subprocess.CompletedProcess[str]:
    """The role's preflight, which names release and configuration, and its note, as workers.yml includes them."""
    (folder / "celery_platform-0.1.0-py3-none-any.whl").write_text("")
    (folder / "app.json").write_text(json.dumps({"release": "92c0b9fa8a11", "python": "3.13", "application": None}))
    variables = {
        "celery_app_wheelhouse": str(folder), "celery_app_environment": ENVIRONMENT, "release_bucket": bucket,
        "ansible_facts": {"os_family": "Debian", "distribution": "Debian"},
        "ansible_python_interpreter": sys.executable,
    }  # fmt: skip
    tasks = [
        {"ansible.builtin.include_role": {"name": "celery_app", "tasks_from": "preflight"}},
        {"ansible.builtin.include_role": {"name": "release", "tasks_from": "note"}},
    ]
    play = {"hosts": "all", "connection": "local", "gather_facts": False, "vars": variables, "tasks": tasks}
    (folder / "play.yml").write_text(yaml.safe_dump([play]))
    return subprocess.run(
        [Path(sys.executable).with_name("ansible-playbook"), "-i", "w-1,", folder / "play.yml"],
        cwd=ANSIBLE, env=os.environ | {"ANSIBLE_LOCALHOST_WARNING": "false"}, text=True, check=False, timeout=300,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def test_a_host_is_noted_with_the_names_that_a_record_has(tmp_path: Path, bucket: str) -> None:
    done = run(tmp_path, bucket)

    assert done.returncode == 0, done.stdout
    noted = json.loads(boto3.client("s3").get_object(Bucket=bucket, Key="hosts/w-1.json")["Body"].read())
    assert noted == {"release": "92c0b9fa8a11-python3.13", "configuration": configuration_digest(ENVIRONMENT)}


@pytest.mark.usefixtures("bucket")
def test_a_deploy_does_not_fail_because_it_could_not_be_noted(tmp_path: Path) -> None:
    done = run(tmp_path, "no-such-bucket")

    assert done.returncode == 0, done.stdout
    assert "make releases shows what w-1 ran before" in done.stdout


def test_without_a_bucket_nothing_is_noted(tmp_path: Path) -> None:
    done = run(tmp_path, "")

    assert done.returncode == 0, done.stdout
    assert "make releases shows" not in done.stdout
