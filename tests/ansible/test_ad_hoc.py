"""`ENV=prod ansible worker -a ...`, as runbooks say: the inventory finds the hosts, and sessions carry the command."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
import pytest
from celery_platform.environment import resolve

from tests.ansible.roles import ANSIBLE
from tests.harness import servers
from tests.harness.environment import ENVIRONMENTS, KEYS, PROD, described
from tests.harness.session_manager.running import session_manager
from tests.terraform.conftest import copied

pytestmark = pytest.mark.server
# Ansible becomes root on hosts; whoever runs the tests may not.
SUDO = '#!/bin/sh\nwhile [ "$1" != /bin/sh ]; do shift; done\nexec "$@"\n'
BUCKET = "celery-prod-transfer"


def test_a_command_for_workers_runs_on_each_of_them(tmp_path: Path) -> None:
    resolved = resolve(described(PROD))
    environments = copied(tmp_path, ENVIRONMENTS).folder / "environments"
    programs = tmp_path / "host"
    programs.mkdir()
    (programs / "sudo").write_text(SUDO)
    (programs / "sudo").chmod(0o755)
    with servers.aws(tmp_path) as account:
        hosts = _instances(account, resolved)
        shells = {
            instance: ["env", "-i", f"HOME={_home(tmp_path, name)}", f"PATH={programs}:/usr/bin:/bin", "/bin/sh"]
            for name, instance in hosts.items()
        }
        with session_manager(tmp_path, account, shells) as sessions:
            done = subprocess.run(
                [Path(sys.executable).with_name("ansible"), "worker", "-m", "raw", "-a", "echo this is $HOME"],
                cwd=ANSIBLE, text=True, capture_output=True, check=False, timeout=240, stdin=subprocess.DEVNULL,
                env={**os.environ, **KEYS, **sessions.variables, "ENV": "prod", "ENVIRONMENTS": str(environments)},
            )  # fmt: skip

    assert done.returncode == 0, done.stdout + done.stderr
    assert sorted(line for line in done.stdout.splitlines() if line.startswith("this is")) == [
        f"this is {tmp_path}/{name}" for name in sorted(resolved["worker_hosts"])
    ]


def _home(folder: Path, name: str) -> Path:
    (folder / name).mkdir()
    return folder / name


def _instances(account: str, resolved: dict[str, Any]) -> dict[str, str]:
    """Start the worker hosts in the account, and write the name of the bucket; returns ids by name."""
    keys = {"aws_access_key_id": KEYS["AWS_ACCESS_KEY_ID"], "aws_secret_access_key": "emulated"}
    ec2, ssm, s3 = (
        boto3.client(service, endpoint_url=account, region_name="eu-west-1", **keys) for service in ("ec2", "ssm", "s3")
    )
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    ssm.put_parameter(Name=f"{resolved['discovery_prefix']}/transfer_bucket", Value=BUCKET, Type="String")
    found = {}
    for name, host in resolved["worker_hosts"].items():
        tags = {**resolved["tags"], "Name": name, "Role": "worker", "Pool": host["pool"]}
        listed = [{"Key": key, "Value": value} for key, value in tags.items()]
        made = ec2.run_instances(
            ImageId="ami-12345678", MinCount=1, MaxCount=1,
            TagSpecifications=[{"ResourceType": "instance", "Tags": listed}],
        )  # fmt: skip
        found[name] = made["Instances"][0]["InstanceId"]
    return found
