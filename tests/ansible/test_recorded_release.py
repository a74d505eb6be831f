"""`make site RELEASE=`: workers get the wheels and the configuration of a recorded release, or nothing runs."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from celery_platform.release.records.archives import pack
from celery_platform.release.records.manifest import CONFIGURATION, WHEELHOUSE, Manifest
from celery_platform.release.records.signature import Key, key_alias
from celery_platform.release.records.store import Store

from tests.harness import servers
from tests.harness.environment import KEYS
from tests.harness.servers import REPOSITORY

pytestmark = pytest.mark.server

SOURCE = REPOSITORY / "environments" / "local"
RELEASE = "92c0b9fa8a11-5a41d0c7"


@dataclass(frozen=True)
class Account:
    """An emulated account with a worker host and the store of releases of `local`, and a person's checkout."""

    endpoint: str
    host: str
    folder: Path

    @property
    def store(self) -> Store:
        """Of the environment."""
        return Store("local", "releases", Key(key_alias(resolved())))

    def records(self, configuration: dict[str, Any]) -> None:
        """A release with this configuration."""
        wheels = self.folder / "wheels"
        wheels.mkdir()
        (wheels / "app.json").write_text("{}")
        pack(wheels, self.folder / WHEELHOUSE)
        (self.folder / CONFIGURATION).write_text(json.dumps(configuration))
        parts = {name: self.store.put_part(RELEASE, self.folder / name) for name in (WHEELHOUSE, CONFIGURATION)}
        self.store.put(
            Manifest(
                id=RELEASE, environment="local", commit="c", dirty=False, pushed_by="ada", sources="92c0b9fa8a11",
                pushed_at=datetime.now(UTC), configuration="c1", parts=parts, image=None,
            )
        )  # fmt: skip

    def inventory(self, release: str) -> subprocess.CompletedProcess[str]:
        """`ansible-inventory`, as `make site RELEASE=` asks it."""
        own = {"ENV": "local", "ENVIRONMENTS": str(self.folder), "CELERY_RELEASE": release}
        program = Path(sys.executable).with_name("ansible-inventory")
        variables = os.environ | own | {"CELERY_CHECKOUT": str(self.folder)}
        return subprocess.run(
            [program, "--list"], cwd=REPOSITORY / "ansible", env=variables, capture_output=True, text=True, check=False
        )


def resolved() -> dict[str, Any]:
    """The configuration of the checkout."""
    content: dict[str, Any] = json.loads((SOURCE / "resolved.json").read_text())
    return content


@pytest.fixture
def account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    folder, name = tmp_path / "local", next(iter(resolved()["worker_hosts"]))
    (folder / "aws").mkdir(parents=True)
    for file in ("environment.yml", "resolved.json", "aws/credentials"):
        (folder / file).write_text((SOURCE / file).read_text())
    with servers.aws(tmp_path) as endpoint:
        (folder / "aws" / "config").write_text(f"[default]\nregion = eu-west-1\nendpoint_url = {endpoint}\n")
        for key, value in (KEYS | {"AWS_ENDPOINT_URL": endpoint}).items():
            monkeypatch.setenv(key, value)
        tags = resolved()["machine_tags"] | {"Name": name, "Role": "worker"}
        named = [{"ResourceType": "instance", "Tags": [{"Key": key, "Value": tags[key]} for key in tags]}]
        boto3.client("ec2").run_instances(ImageId="ami-1", MinCount=1, MaxCount=1, TagSpecifications=named)
        region = {"LocationConstraint": "eu-west-1"}
        boto3.client("s3").create_bucket(Bucket="releases", CreateBucketConfiguration=region)
        parameter = f"{resolved()['discovery_prefix']}/release_bucket"
        boto3.client("ssm").put_parameter(Name=parameter, Value="releases", Type="String")
        kms = boto3.client("kms")
        key = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
        kms.create_alias(AliasName=key_alias(resolved()), TargetKeyId=key)
        yield Account(endpoint, name, tmp_path)


def test_workers_have_the_recorded_wheels_and_configuration(account: Account) -> None:
    account.records(resolved() | {"budget": 7})

    done = account.inventory(RELEASE[:6])

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)["_meta"]["hostvars"][account.host]
    assert found["environment_resolved"]["budget"] == 7
    assert Path(_text(found["recorded_release"]["wheelhouse"]), "app.json").exists()
    assert _text(found["recorded_release"]["id"]) == RELEASE


def test_a_release_that_was_changed_configures_nothing(account: Account) -> None:
    account.records(resolved())
    s3 = boto3.client("s3")
    parts = s3.list_objects_v2(Bucket="releases", Prefix=f"releases/{RELEASE}/")["Contents"]
    (wheels,) = (part["Key"] for part in parts if part["Key"].endswith(WHEELHOUSE))
    s3.put_object(Bucket="releases", Key=wheels, Body=b"")

    done = account.inventory(RELEASE)

    assert "Do not deploy it" in done.stderr
    assert "environment_resolved" not in done.stdout


def test_a_host_that_is_newer_than_the_release_is_named(account: Account) -> None:
    account.records(resolved() | {"worker_hosts": {}})

    done = account.inventory(RELEASE)

    assert f"expected release {RELEASE} to know every worker host; found no {account.host}" in done.stderr


def test_without_a_release_workers_have_what_the_checkout_has(account: Account) -> None:
    done = account.inventory("")

    assert done.returncode == 0, done.stderr
    assert "recorded_release" not in done.stdout.replace("recorded_release.", "")


def _text(value: str | dict[str, str]) -> str:
    """A text that Ansible does not take for a template."""
    return value if isinstance(value, str) else value["__ansible_unsafe"]


def test_the_console_beside_prometheus_has_the_debian_packages_of_the_recorded_release() -> None:
    recorded = resolved()
    recorded["application"]["system_packages"] = ["libgdal36"]
    given = {"environment_resolved": resolved(), "recorded_release": {"configuration": recorded}}
    program = Path(sys.executable).with_name("ansible")

    done = subprocess.run(
        [program, "localhost", "--inventory=localhost,", "--module-name=ansible.builtin.debug",
         "--args=var=celery_app_system_packages", "--extra-vars=@inventory/group_vars/monitoring.yml",
         "--extra-vars", json.dumps(given)],
        cwd=REPOSITORY / "ansible", capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert "libgdal36" in done.stdout, done.stdout + done.stderr
