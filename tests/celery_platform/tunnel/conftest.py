"""Production behind a tunnel: a real broker and store with certificates of its names, elsewhere on loopback."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest
from celery_platform.environment import resolve
from local_containers.children import ended_with_parent

from tests.harness import servers
from tests.harness.environment import ENVIRONMENTS, KEYS, PROD, described
from tests.harness.processes import free_port
from tests.harness.servers import MANAGED_PASSWORD, REPOSITORY
from tests.harness.session_manager.running import SessionManager, session_manager
from tests.harness.session_manager.sessions import Limits
from tests.harness.waiting import eventually
from tests.terraform.conftest import copied

BROKER = "rabbitmq.celery-prod.internal"
STORE = "master.celery-prod-results.abc123.euw1.cache.amazonaws.com"
NODES = ("10.40.128.10", "10.40.144.10", "10.40.160.10")
SECRETS = {"broker_password": MANAGED_PASSWORD, "results_password": MANAGED_PASSWORD, "monitoring_password": "looks"}
_SOMEBODY = {"aws_access_key_id": "000000000000", "aws_secret_access_key": "emulated"}
_OF_CLUSTER: dict[str, Any] = {
    "roleArn": "arn:aws:iam::0:role/eks", "resourcesVpcConfig": {"subnetIds": ["subnet-1", "subnet-2"]}
}  # fmt: skip


@dataclass(frozen=True)
class Production:
    """An account with production's parameters, secrets and monitoring host, and where its servers really are."""

    account: str
    gate: str
    routes: dict[str, str]
    variables: dict[str, str]
    broker_folder: Path
    broker_port: int
    resolved: dict[str, Any]

    def app(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run `app` on a person's machine, which has no way to production's addresses."""
        return subprocess.run(
            [sys.executable, "-m", "celery_platform", *words], cwd=REPOSITORY, env=self.variables, text=True,
            capture_output=True, check=False, timeout=120, stdin=subprocess.DEVNULL,
        )  # fmt: skip

    @contextmanager
    def without_cluster(self) -> Iterator[None]:
        """Let nobody find the cluster until the block ends."""
        eks = boto3.client("eks", endpoint_url=self.account, region_name="eu-west-1", **_SOMEBODY)
        eks.delete_cluster(name=self.resolved["eks"]["name"])
        yield
        eks.create_cluster(name=self.resolved["eks"]["name"], **_OF_CLUSTER)


@dataclass
class Tunnel:
    """`app tunnel prod` as a person runs it in another terminal."""

    process: subprocess.Popen[str]
    log: Path
    sessions: SessionManager
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def said(self) -> str:
        """What it has printed."""
        return self.log.read_text()

    def says(self, text: str, seconds: float = 60) -> None:
        """Wait until it prints a text."""

        def found() -> bool:
            assert self.process.poll() is None, self.said
            return text in self.said

        eventually(found, f"{text!r} in the output of the tunnel", seconds)


@pytest.fixture(scope="package")
def production(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Production]:
    """Production, on this machine."""
    folder = tmp_path_factory.mktemp("production")
    ca = servers.authority(folder, BROKER, STORE, *NODES)
    environments = copied(folder, ENVIRONMENTS).folder / "environments"
    resolved = resolve(described(PROD))
    with (
        servers.aws(folder) as account,
        servers.managed_valkey(folder, ca) as store,
        _rabbitmq(folder, ca) as (broker, management),
    ):
        routes = {f"{BROKER}:5671": f"127.0.0.1:{broker}", f"{STORE}:6379": f"127.0.0.1:{store}"}
        routes |= {f"{node}:15671": f"127.0.0.1:{management}" for node in NODES}
        variables = os.environ | KEYS | {
            "AWS_ENDPOINT_URL": account, "ENVIRONMENTS": str(environments), "STATE_FOLDER": str(folder / "state"),
            "SSL_CERT_FILE": str(ca.trust),  # as if a public authority had signed the store's certificate
        }  # fmt: skip
        gate = _placed(account, resolved, ca.pem)
        yield Production(account, gate, routes, variables, folder, broker, resolved)


@contextmanager
def _rabbitmq(folder: Path, ca: servers.Authority) -> Iterator[tuple[int, int]]:
    """A node with TLS only, as the role configures it; yields the ports of AMQP and of the management API."""
    broker, management = free_port(), free_port()
    files = {"certfile": ca.certificate, "keyfile": ca.key, "cacertfile": ca.trust}
    lines = [f"listeners.tcp = none\nlisteners.ssl.1 = 127.0.0.1:{broker}"]
    lines += [f"ssl_options.{name} = {file}" for name, file in files.items()]
    lines += [f"management.ssl.port = {management}\nmanagement.ssl.ip = 127.0.0.1"]
    lines += [f"management.ssl.{name} = {file}" for name, file in files.items()]
    lines += [f"default_user = celery\ndefault_pass = {MANAGED_PASSWORD}\ndefault_vhost = celery\n"]
    with servers.rabbitmq(folder, free_port(), configuration="\n".join(lines), port=broker):
        for words in (
            ("add_user", "monitoring", "looks"),
            ("set_user_tags", "monitoring", "monitoring"),
            ("set_permissions", "--vhost", "celery", "monitoring", "^$", "^$", "^$"),
        ):
            servers.rabbitmqctl(folder, broker, *words)
        yield broker, management


def _placed(account: str, resolved: dict[str, Any], authority: str) -> str:
    """Put what Terraform and Ansible write into the account; returns the id of the monitoring host."""
    made = {"endpoint_url": account, "region_name": "eu-west-1", **_SOMEBODY}
    ssm, ec2, secrets, eks = (boto3.client(name, **made) for name in ("ssm", "ec2", "secretsmanager", "eks"))
    parameters = {
        "broker_url": f"amqps://{BROKER}:5671", "results_url": f"rediss://{STORE}:6379/1", "buckets": "{}",
        "broker_ca_certificate": authority,
    }  # fmt: skip
    for name, value in parameters.items():
        ssm.put_parameter(Name=f"{resolved['discovery_prefix']}/{name}", Value=value, Type="String")
    for label, value in SECRETS.items():
        secrets.create_secret(Name=resolved["secrets"][label], SecretString=value)
    eks.create_cluster(name=resolved["eks"]["name"], **_OF_CLUSTER)
    (name,) = resolved["monitoring_hosts"]
    tags = {**resolved["tags"], "Name": name, "Role": "monitoring"}
    listed = [{"Key": key, "Value": value} for key, value in tags.items()]
    answer = ec2.run_instances(
        ImageId="ami-12345678", MinCount=1, MaxCount=1, TagSpecifications=[{"ResourceType": "instance", "Tags": listed}]
    )
    return str(answer["Instances"][0]["InstanceId"])


@contextmanager
def tunnel(
    production: Production, folder: Path, *words: str, limits: Limits | None = None, shell: Sequence[str] = ("/bin/sh",)
) -> Iterator[Tunnel]:
    """Run `app tunnel prod` until the block ends. `shell` is the command of a shell on the monitoring host."""
    hosts = {production.gate: list(shell)}
    with session_manager(folder, production.account, hosts, routes=production.routes, limits=limits) as sessions:
        log = folder / "tunnel.log"
        with log.open("w") as sink:
            process = subprocess.Popen(
                [*ended_with_parent(), sys.executable, "-m", "celery_platform", "tunnel", "prod", *words],
                env={**production.variables, **sessions.variables}, stdout=sink, stderr=sink, stdin=subprocess.DEVNULL,
                cwd=REPOSITORY, text=True, start_new_session=True,
            )  # fmt: skip
        try:
            yield Tunnel(process, log, sessions)
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
                process.wait(30)
