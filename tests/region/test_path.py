"""The region itself, for real: what Terraform and Ansible will find, and that nothing is left when it stops."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from region import plan

from .conftest import REPOSITORY, Checkout

pytestmark = [
    pytest.mark.path,
    pytest.mark.skipif(os.geteuid() != 0, reason="a region needs root"),
    pytest.mark.skipif(shutil.which("podman") is None, reason="podman is not installed"),
]
HOSTS = {"celery-region-test-one": "10.93.128.10", "celery-region-test-two": "10.93.144.10"}


def podman(*words: str) -> str:
    done = subprocess.run(["podman", *words], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def traces() -> list[str]:
    """Containers and networks of the tests' region."""
    containers = podman("ps", "--all", "--format", "{{.Names}}").splitlines()
    networks = podman("network", "ls", "--format", "{{.Name}}").splitlines()
    return [name for name in containers + networks if name.startswith("celery-region-test")]


def identities() -> dict[str, str]:
    rows = podman("ps", "--format", "{{.Names}} {{.ID}}").splitlines()
    return dict(row.split() for row in rows if row.startswith("celery-region-test"))


class Account:
    """The emulated account, as Terraform would use it."""

    def __init__(self, checkout: Checkout) -> None:
        region = plan.read(checkout.folder.name)
        self._options = {
            "region_name": region.aws_region, "endpoint_url": region.endpoint,
            "aws_access_key_id": region.access_key, "aws_secret_access_key": region.secret_key,
        }  # fmt: skip
        self.ec2 = self.client("ec2")

    def client(self, service: str) -> Any:
        return boto3.client(service, **self._options)

    def network(self) -> str:
        vpc = self.ec2.create_vpc(CidrBlock="10.93.0.0/16")["Vpc"]["VpcId"]
        subnet = self.ec2.create_subnet(VpcId=vpc, CidrBlock="10.93.128.0/17")["Subnet"]["SubnetId"]
        return str(subnet)

    def launch(self, subnet: str, name: str, address: str) -> str:
        tags = [{"Key": "Name", "Value": name}, {"Key": "Environment", "Value": "region-test"}]
        made = self.ec2.run_instances(
            ImageId="ami-12345678", MinCount=1, MaxCount=1, SubnetId=subnet, PrivateIpAddress=address,
            TagSpecifications=[{"ResourceType": "instance", "Tags": tags}],
        )  # fmt: skip
        return str(made["Instances"][0]["InstanceId"])


@pytest.fixture
def started(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> Iterator[Checkout]:
    """A region that runs, and is stopped whatever the test finds."""
    monkeypatch.setenv("ENVIRONMENTS", str(checkout.environments))
    checkout.region("stop")
    run = checkout.region("start")
    assert run.returncode == 0, run.stdout
    yield checkout
    stop = checkout.region("stop")
    assert stop.returncode == 0, stop.stdout


def test_instances_become_hosts_and_stop_leaves_nothing(started: Checkout) -> None:
    account = Account(started)
    subnet = account.network()
    instances = {name: account.launch(subnet, name, address) for name, address in HOSTS.items()}
    account.client("elasticache").create_replication_group(
        ReplicationGroupId="results", ReplicationGroupDescription="results", Engine="valkey",
        CacheNodeType="cache.t4g.micro", NumCacheClusters=1,
    )  # fmt: skip
    account.client("secretsmanager").create_secret(Name="celery-region-test/payment-gateway", SecretString="from-aws")

    run = started.region("hosts")
    assert run.returncode == 0, run.stdout
    assert "results 10.93.0.11:6379 answers" in run.stdout
    one, two = HOSTS

    # a host is a Debian whose systemd is content, with its instance's name and address
    assert podman("exec", one, "systemctl", "is-system-running") == "running"
    assert podman("exec", one, "hostname") == one
    assert HOSTS[one] in podman("exec", one, "ip", "-4", "-brief", "address")
    # hosts find each other by name
    assert podman("exec", one, "getent", "hosts", two).split()[0] == HOSTS[two]
    # a service under systemd reaches AWS with nothing but the environment it is given
    asked = podman("exec", one, "systemd-run", "--quiet", "--wait", "--pipe", "python3", "-c", ASK_AWS)
    assert "10.93.128.10" in asked
    # the outside world knows the key that the account holds
    assert charge("from-aws") == 201

    before = identities()
    again = started.region("hosts")
    assert again.returncode == 0, again.stdout
    assert started.region("start").returncode == 0
    assert identities() == before

    # a stopped one is started; one whose instance is gone is removed
    podman("stop", "--time", "0", one)
    account.ec2.terminate_instances(InstanceIds=[instances[two]])
    assert started.region("hosts").returncode == 0
    assert podman("exec", one, "systemctl", "is-system-running") == "running"
    assert two not in identities()
    status = started.region("status")
    assert status.returncode == 0, status.stdout
    assert one in status.stdout

    assert started.region("stop").returncode == 0
    assert traces() == []
    assert not started.state.exists()


def test_packages_can_be_installed_on_a_host(started: Checkout) -> None:
    account = Account(started)
    account.launch(account.network(), "celery-region-test-one", "10.93.128.10")
    assert started.region("hosts").returncode == 0

    podman("exec", "celery-region-test-one", "apt-get", "update", "-qq")
    podman("exec", "celery-region-test-one", "apt-get", "install", "-qq", "-y", "--no-install-recommends", "hello")

    assert "Hello" in podman("exec", "celery-region-test-one", "hello")
    assert list((REPOSITORY / ".cache" / "apt" / "celery-region-test-one").glob("hello_*.deb"))


def test_an_instance_whose_address_nobody_could_serve_is_refused(started: Checkout) -> None:
    account = Account(started)
    account.launch(account.network(), "celery-region-test-one", "10.77.0.5")

    run = started.region("hosts")

    assert run.returncode == 1, run.stdout
    assert "10.77.0.5" in run.stdout
    assert "Traceback" not in run.stdout


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("after_seconds", [0.6, 1.1, 1.6])
def test_an_interrupted_start_recovers(checkout: Checkout, sent: signal.Signals, after_seconds: float) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "region", "start"], cwd=REPOSITORY, env=checkout.variables(), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip
    time.sleep(after_seconds)
    os.killpg(process.pid, sent)
    output = process.communicate(timeout=60)[0]
    assert "Traceback" not in output or sent == signal.SIGKILL, output
    try:
        again = checkout.region("start")
        assert again.returncode == 0, again.stdout
        assert checkout.region("status").returncode == 0
    finally:
        stop = checkout.region("stop")
    assert stop.returncode == 0, stop.stdout
    assert traces() == []


ASK_AWS = """
import os, urllib.request
url = os.environ["AWS_ENDPOINT_URL"] + "/?Action=DescribeInstances&Version=2016-11-15"
signed = "AWS4-HMAC-SHA256 Credential=%s/20260101/%s/ec2/aws4_request, SignedHeaders=host, Signature=0"
header = signed % (os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_REGION"])
print(urllib.request.urlopen(urllib.request.Request(url, headers={"Authorization": header})).read().decode())
"""


def charge(key: str) -> int:
    order = {"order_id": "order-1", "amount_cents": 100, "currency": "EUR"}
    request = urllib.request.Request(
        "http://10.93.0.12:8080/charges", data=json.dumps(order).encode(),
        headers={"Authorization": f"Bearer {key}", "Idempotency-Key": "order-1"},
    )  # fmt: skip
    with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310 - the region's own address
        return int(answer.status)
