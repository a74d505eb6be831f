"""The real region: what Terraform and Ansible find, and that nothing is left after a stop."""

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
from emulated_region import plan

from .conftest import REPOSITORY, Checkout
from .machine_state import identities, podman, traces

pytestmark = [
    pytest.mark.path,
    pytest.mark.skipif(os.geteuid() != 0, reason="a region needs root"),
    pytest.mark.skipif(shutil.which("podman") is None, reason="podman is not installed"),
]
HOSTS = {"celery-trial-one": "10.93.128.10", "celery-trial-two": "10.93.144.10"}


class Account:
    """A client of the emulated account, with the operations of Terraform."""

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
        tags = [{"Key": "Name", "Value": name}, {"Key": "Environment", "Value": "trial"}]
        made = self.ec2.run_instances(
            ImageId="ami-12345678", MinCount=1, MaxCount=1, SubnetId=subnet, PrivateIpAddress=address,
            TagSpecifications=[{"ResourceType": "instance", "Tags": tags}],
        )  # fmt: skip
        return str(made["Instances"][0]["InstanceId"])


@pytest.fixture
def started(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> Iterator[Checkout]:
    """A running region, which is stopped even after a failure."""
    monkeypatch.setenv("ENVIRONMENTS", str(checkout.environments))
    checkout.region("stop")
    with checkout.stopped_at_the_end():
        run = checkout.region("start")
        assert run.returncode == 0, run.stdout
        yield checkout


def test_instances_become_hosts_and_stop_leaves_nothing(started: Checkout) -> None:
    account = Account(started)
    subnet = account.network()
    instances = {name: account.launch(subnet, name, address) for name, address in HOSTS.items()}
    account.client("elasticache").create_replication_group(
        ReplicationGroupId="results", ReplicationGroupDescription="results", Engine="valkey",
        CacheNodeType="cache.t4g.micro", NumCacheClusters=1,
    )  # fmt: skip
    secret = {"Name": "celery-trial/payment-gateway", "SecretString": "of Terraform"}
    account.client("secretsmanager").create_secret(**secret)

    run = started.region("hosts")
    assert run.returncode == 0, run.stdout
    assert "results 10.93.0.11:6379 answers" in run.stdout
    one, two = HOSTS

    # a host is a Debian with a running systemd and its instance's name and address
    assert podman("exec", one, "systemctl", "is-system-running") == "running"
    assert podman("exec", one, "hostname") == one
    assert HOSTS[one] in podman("exec", one, "ip", "-4", "-brief", "address")
    # hosts resolve each other's names
    assert podman("exec", one, "getent", "hosts", two).split()[0] == HOSTS[two]
    # a service under systemd reaches AWS with only its environment
    asked = podman("exec", one, "systemd-run", "--quiet", "--wait", "--pipe", "python3", "-c", ASK_AWS)
    assert "10.93.128.10" in asked
    # restrictions of a unit are enforced
    fenced = ["podman", "exec", one, "systemd-run", "--quiet", "--wait", "--property=ProtectSystem=strict"]
    assert subprocess.run([*fenced, "touch", "/etc/x"], check=False, timeout=60).returncode != 0
    assert subprocess.run([*fenced, "true"], check=False, timeout=60).returncode == 0
    # an external process has the secret in the account
    held = account.client("secretsmanager").get_secret_value(SecretId=secret["Name"])["SecretString"]
    assert held != secret["SecretString"]
    assert answer() == held

    before = identities()
    again = started.region("hosts")
    assert again.returncode == 0, again.stdout
    assert started.region("start").returncode == 0
    assert identities() == before

    # a stopped host is started; a host without an instance is removed
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


def test_processes_that_the_file_no_longer_names_are_removed(started: Checkout) -> None:
    assert "celery-trial-outside" in identities()
    (started.folder / "services.yml").unlink()
    file = started.folder / "resolved.json"
    resolved = json.loads(file.read_text())
    resolved["egress"]["services"] = {}  # environment.yml has no service there, either
    file.write_text(json.dumps(resolved))

    start = started.region("start")

    assert start.returncode == 0, start.stdout
    assert "celery-trial-outside" not in identities()


def test_packages_can_be_installed_on_a_host(started: Checkout) -> None:
    account = Account(started)
    account.launch(account.network(), "celery-trial-one", "10.93.128.10")
    assert started.region("hosts").returncode == 0

    podman("exec", "celery-trial-one", "apt-get", "update", "-qq")
    podman("exec", "celery-trial-one", "apt-get", "install", "-qq", "-y", "--no-install-recommends", "hello")

    assert "Hello" in podman("exec", "celery-trial-one", "hello")
    assert list((REPOSITORY / ".cache" / "apt" / "celery-trial-one").glob("hello_*.deb"))


def test_an_instance_whose_address_nobody_could_serve_is_refused(started: Checkout) -> None:
    account = Account(started)
    account.launch(account.network(), "celery-trial-one", "10.77.0.5")

    run = started.region("hosts")

    assert run.returncode == 2, run.stdout
    assert "10.77.0.5" in run.stdout
    assert "Traceback" not in run.stdout


def interrupted(checkout: Checkout, verb: str, after_seconds: float, sent: signal.Signals) -> None:
    """Run a command and send it and its children a signal, like Ctrl-C or a kill."""
    process = subprocess.Popen(
        [sys.executable, "-m", "emulated_region", verb], cwd=REPOSITORY, env=checkout.variables(), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip
    time.sleep(after_seconds)
    os.killpg(process.pid, sent)
    output = process.communicate(timeout=60)[0]
    assert "Traceback" not in output, output


@pytest.mark.parametrize(
    ("after_seconds", "sent"),
    [(0.5, signal.SIGINT), (1.6, signal.SIGINT), (1.3, signal.SIGTERM), (1.3, signal.SIGKILL), (1.8, signal.SIGKILL)],
)
def test_an_interrupted_start_recovers(checkout: Checkout, after_seconds: float, sent: signal.Signals) -> None:
    interrupted(checkout, "start", after_seconds, sent)
    with checkout.stopped_at_the_end():
        again = checkout.region("start")
        assert again.returncode == 0, again.stdout
        assert checkout.region("status").returncode == 0
    assert traces() == []


def test_what_a_killed_podman_left_does_not_stop_a_start(checkout: Checkout) -> None:
    rule = ["-s", "10.93.0.0/16", "-d", "10.93.0.0/16", "-j", "ACCEPT"]
    for command in (
        ["ip", "link", "add", "podman93", "type", "bridge"],
        ["ip", "address", "add", "10.93.0.1/16", "dev", "podman93"],
        ["ip", "link", "set", "podman93", "up"],
        ["iptables", "-t", "nat", "-N", "NETAVARK-0123456789ABC"],
        ["iptables", "-t", "nat", "-A", "NETAVARK-0123456789ABC", *rule],
        ["iptables", "-t", "nat", "-A", "POSTROUTING", "-s", "10.93.0.0/16", "-j", "NETAVARK-0123456789ABC"],
    ):
        subprocess.run(command, check=True, timeout=10)
    with checkout.stopped_at_the_end():
        start = checkout.region("start")
        assert start.returncode == 0, start.stdout
    assert traces() == []


def test_interrupted_hosts_recover(started: Checkout) -> None:
    account = Account(started)
    subnet = account.network()
    for name, address in HOSTS.items():
        account.launch(subnet, name, address)
    for after_seconds, sent in [(1.5, signal.SIGINT), (1.8, signal.SIGKILL), (2.2, signal.SIGKILL)]:
        interrupted(started, "hosts", after_seconds, sent)

    assert started.region("hosts").returncode == 0

    for name in HOSTS:
        assert podman("exec", name, "systemctl", "is-system-running") == "running"
        assert "AWS_ENDPOINT_URL=http://10.93.0.10:4566" in podman("exec", name, "systemctl", "show-environment")


ASK_AWS = """
import os, urllib.request
url = os.environ["AWS_ENDPOINT_URL"] + "/?Action=DescribeInstances&Version=2016-11-15"
signed = "AWS4-HMAC-SHA256 Credential=%s/20260101/%s/ec2/aws4_request, SignedHeaders=host, Signature=0"
header = signed % (os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_REGION"])
print(urllib.request.urlopen(urllib.request.Request(url, headers={"Authorization": header})).read().decode())
"""


def answer() -> str:
    with urllib.request.urlopen("http://10.93.0.12:8080/", timeout=5) as given:
        return str(given.read().decode())
