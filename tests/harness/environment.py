"""An environment on loopback with a broker of a given kind and everything that Terraform would have created."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import boto3
from celery_platform.environment.checkout import VARIABLE as CHECKOUT
from celery_platform.environment.load import FILE_NAME, parse
from celery_platform.environment.model import BrokerKind, Environment
from celery_platform.environment.resolve import resolve
from celery_platform.settings.login import with_login

from .ledger import SECRET, Ledger
from .processes import running
from .servers import MANAGED_USER, REPOSITORY, Authority
from .sqs_queues import make_queues

REGION = "eu-west-1"
KEYS = {"AWS_ACCESS_KEY_ID": "000000000000", "AWS_SECRET_ACCESS_KEY": "emulated", "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION, "AWS_EC2_METADATA_DISABLED": "true"}  # fmt: skip

# Environments of the tests, which are independent of those of this repository.
ENVIRONMENTS = Path(__file__).parent / "environments"
PROD, LOCAL = (ENVIRONMENTS / name / FILE_NAME for name in ("prod", "local"))


def described(file: Path) -> Environment:
    """Read an environment file.

    Example: `described(PROD).broker.kind`
    """
    return parse(file.read_bytes(), file)


def bucket_of(label: str, name: str) -> str:
    """Return the name of a bucket. S3 does not allow underscores."""
    return f"{label}-{name}".replace("_", "-")


@dataclass(frozen=True)
class Application:
    """The application of an environment, and its services on loopback.

    `services` are the stand-ins, `variables` their addresses, and `secrets` their keys by label.
    """

    file: Path
    services: Any
    variables: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)


def exercises(ledger: Ledger) -> Application:
    """The tests' application, which calls this ledger."""
    return Application(LOCAL, ledger, {"LEDGER_URL": ledger.url}, {"ledger": SECRET})


@dataclass(frozen=True)
class TestEnvironment:
    """A running environment. `variables` are for processes that use it."""

    __test__ = False
    kind: str
    folder: Path
    resolved: dict[str, Any]
    endpoint: str
    valkey_url: str
    services: Any
    variables: dict[str, str]

    def bucket(self, label: str) -> str:
        """The name of one of the application's buckets."""
        return bucket_of(label, self.kind)

    def client(self, service: str) -> Any:
        """A boto3 client of the environment's account."""
        return boto3.client(
            service, endpoint_url=self.endpoint, region_name=REGION,
            aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"], aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
        )  # fmt: skip

    def app(self, *words: str, timeout: float = 240) -> subprocess.CompletedProcess[str]:
        """Run `app` with these arguments."""
        return self._run([sys.executable, "-m", "celery_platform", *words], timeout)

    def python(self, code: str, *words: str, timeout: float = 60) -> str:
        """Run code as a producer would, in a process of its own with these arguments; returns what it printed."""
        run = self._run([sys.executable, "-c", code, *words], timeout)
        assert run.returncode == 0, run.stdout
        return run.stdout.strip()

    def _run(self, command: list[str], timeout: float) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, cwd=REPOSITORY, env=self.variables, timeout=timeout, text=True, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
        )  # fmt: skip

    @property
    def broker_url(self) -> str:
        """The broker's URL as discovered, without credentials."""
        name = f"{self.resolved['discovery_prefix']}/broker_url"
        return str(self.client("ssm").get_parameter(Name=name)["Parameter"]["Value"])

    def variant(
        self,
        folder: Path,
        *,
        pools: Mapping[str, Mapping[str, Any]] | None = None,
        broker_url: str | None = None,
        results_url: str | None = None,
    ) -> "TestEnvironment":
        """The same environment for processes that see other pools, or reach the broker or the store by another URL.

        Example: `rabbitmq.variant(tmp_path, pools={"io": {"type": "solo"}}).worker("io")`
        """
        resolved = json.loads(json.dumps(self.resolved))
        for name, changes in (pools or {}).items():
            resolved["pools"][name] |= changes
        elsewhere = {"broker_url": broker_url, "results_url": results_url}
        if any(elsewhere.values()):
            resolved["discovery_prefix"] = f"/{folder.name}-{os.urandom(3).hex()}"
            ssm = self.client("ssm")
            for parameter in ssm.get_parameters_by_path(Path=self.resolved["discovery_prefix"])["Parameters"]:
                name = parameter["Name"].rpartition("/")[2]
                value = elsewhere.get(name) or parameter["Value"]
                ssm.put_parameter(Name=f"{resolved['discovery_prefix']}/{name}", Value=value, Type="String")
        file = folder / f"resolved-{os.urandom(3).hex()}.json"
        file.write_text(json.dumps(resolved))
        variables = self.variables | {"CELERY_ENVIRONMENT_FILE": str(file)}
        return replace(self, folder=folder, resolved=resolved, variables=variables)

    @contextmanager
    def worker(self, pool: str, **variables: str) -> Iterator[tuple[Any, Path]]:
        """Run a worker of a pool; yields its process and its log."""
        log = self.folder / f"worker-{pool}-{os.urandom(3).hex()}.log"
        command = [sys.executable, "-m", "celery_platform", "worker", "--pool", pool]
        with running(command, log, self.variables | variables, stop_seconds=30) as process:
            yield process, log


@dataclass(frozen=True)
class Servers:
    """The servers of the environment, as Terraform would publish them. `secrets` are values by label."""

    endpoint: str
    broker_url: str
    results_url: str
    application: Application
    secrets: dict[str, str] = field(default_factory=dict)
    authority: Authority | None = None


def prepare(
    kind: str,
    folder: Path,
    servers: Servers,
    name: str | None = None,
    change: Callable[[dict[str, Any], str], None] = lambda _resolved, _name: None,
    queues: Mapping[str, Mapping[str, Any]] | None = None,
) -> TestEnvironment:
    """Write resolved.json and create in the account what Terraform would. Names contain `name`, as servers are shared.

    The authority replaces a host's system trust. `name` is the kind unless there are two of a kind. `change` can
    modify the resolved values before they are used, and `queues` the settings of some queues in the environment file.
    """
    name = name or kind
    resolved = _resolved(kind, name, servers.application, queues or {})
    change(resolved, name)
    file = folder / "resolved.json"
    # Producers in tests import tasks without loading the application first. This checkout may be a copy.
    roots = (resolved["application"]["package"], "app")
    variables = (
        os.environ
        | KEYS
        | {"AWS_ENDPOINT_URL": servers.endpoint, "CELERY_ENVIRONMENT_FILE": str(file), CHECKOUT: str(REPOSITORY)}
        | {"PYTHONPATH": os.pathsep.join(str(REPOSITORY / root) for root in roots)}
    )
    if servers.authority:
        variables["SSL_CERT_FILE"] = str(servers.authority.trust)
    store = _valkey_url(servers)
    environment = TestEnvironment(
        kind, folder, resolved, servers.endpoint, store, servers.application.services, variables
    )
    queues_url = make_queues(environment.client("sqs"), resolved["queues"]) if kind == "sqs" else None
    _publish(environment, name, servers, queues_url)
    return environment


def _valkey_url(servers: Servers) -> str:
    """The URL of the result store for a test, with login and authority."""
    url = servers.results_url
    if "results_password" in servers.secrets:
        url = with_login(url, MANAGED_USER, servers.secrets["results_password"])
    return f"{url}?ssl_ca_certs={servers.authority.trust}" if servers.authority and url.startswith("rediss") else url


def _resolved(
    kind: str, name: str, application: Application, changed: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    model = described(application.file)
    broker = model.broker.model_copy(update={"kind": BrokerKind(kind)})
    queues = model.queues | {
        label: model.queues[label].model_copy(update=changes) for label, changes in changed.items()
    }
    resolved = resolve(model.model_copy(update={"broker": broker, "queues": queues}))
    resolved["application"]["variables"] |= application.variables
    if kind == "rabbitmq":
        # The defaults of a RabbitMQ without further configuration.
        resolved["broker"] |= {"user": "guest", "virtual_host": "/"}
    resolved["results"]["user"] = MANAGED_USER
    resolved["discovery_prefix"] = f"/celery/{name}"
    resolved["prefix"] = f"celery-{name}"
    return resolved


def _publish(environment: TestEnvironment, name: str, servers: Servers, queues_url: str | None) -> None:
    ssm, secrets = environment.client("ssm"), environment.client("secretsmanager")
    buckets = {label: bucket_of(label, name) for label in environment.resolved["application"]["buckets"]}
    values = {
        "broker_url": servers.broker_url,
        "results_url": servers.results_url,
        "buckets": json.dumps(buckets),
    } | ({"queues_url": queues_url} if queues_url else {})
    for key, value in values.items():
        path = f"{environment.resolved['discovery_prefix']}/{key}"
        ssm.put_parameter(Name=path, Value=value, Type="String", Overwrite=True)
    environment.resolved["secrets"] = {}
    for label, value in (servers.application.secrets | servers.secrets).items():
        secrets.create_secret(Name=f"{name}/{label}", SecretString=value)
        environment.resolved["secrets"][label] = f"{name}/{label}"
    (environment.folder / "resolved.json").write_text(json.dumps(environment.resolved))
    for bucket in buckets.values():
        region = {"LocationConstraint": REGION}
        environment.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration=region)
