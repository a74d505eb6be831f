"""The chart's manifests for an environment, a broker kind and an autoscaler."""

import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from celery_platform.environment import resolve
from celery_platform.environment.load import FILE_NAME, environments_folder, names
from celery_platform.environment.model import BrokerKind
from celery_platform.environment.model.console import Console
from celery_platform.release import helm

from tests.harness.environment import PROD, described

Json = dict[str, Any]
AUTHORITY = "-----BEGIN CERTIFICATE-----\nMIIB, = {}\n-----END CERTIFICATE-----\n"
CONSOLE_IMAGE = "registry.example.com/celery/app@sha256:" + "fedcba9876543210" * 4
LOAD_BALANCER = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/console/0123456789abcdef"
IMAGE = "registry.example.com/celery/app@sha256:" + "0123456789abcdef" * 4


OWN = [environments_folder() / name / FILE_NAME for name in names()]


def on_eks(file: Path) -> bool:
    """Whether a pool of this environment runs on EKS."""
    return any(pool.runs_on == "eks" for pool in described(file).pools.values())


# Every environment of the repository on EKS, and production with each kind of broker and either autoscaler.
CASES = (
    *((file, described(file).broker.kind, described(file).autoscaler) for file in OWN if on_eks(file)),
    *((PROD, kind, autoscaler) for kind in BrokerKind for autoscaler in ("keda", "hpa")),
)


def case_id(case: tuple[Path, BrokerKind, str]) -> str:
    """The id of a case in a test's name."""
    file, kind, autoscaler = case
    return f"{file.parent.name if file in OWN else 'the tests'}-{kind.value}-{autoscaler}"


RELEASE_COMMAND = ("python", "-m", "django", "migrate")
HOOK = "helm.sh/hook"


@dataclass(frozen=True)
class Rendered:
    """Manifests and the resolved values from which they were rendered."""

    manifests: tuple[Json, ...]
    resolved: Json

    def of(self, kind: str) -> dict[str, Json]:
        """The objects of a kind, by name."""
        return {one["metadata"]["name"]: one for one in self.manifests if one["kind"] == kind}

    @property
    def pods(self) -> dict[str, Json]:
        """All pod templates, by the name of their Deployment or Job."""
        return {name: one["spec"]["template"] for kind in ("Deployment", "Job") for name, one in self.of(kind).items()}

    @property
    def hooks(self) -> list[Json]:
        """What helm creates before everything else, and waits for."""
        return [one for one in self.manifests if HOOK in one["metadata"].get("annotations", {})]

    @property
    def pools(self) -> Json:
        """The pools on EKS."""
        return {name: pool for name, pool in self.resolved["pools"].items() if pool["runs_on"] == "eks"}


def settings(kind: BrokerKind, broker_url: str | None = None) -> list[str]:
    """Values that a deploy adds: the image, the broker's URL, and the certificate of its authority."""
    urls = {
        BrokerKind.RABBITMQ: "",
        BrokerKind.AMAZON_MQ: "amqps://b-1234.mq.eu-west-1.on.aws:5671",
        BrokerKind.REDIS: "rediss://master.celery-prod-broker.abc.euw1.cache.amazonaws.com:6379/0",
        BrokerKind.SQS: "sqs://",
    }
    return [
        "--set",
        f"image={IMAGE}",
        "--set",
        f"console_image={CONSOLE_IMAGE}",
        "--set",
        f"discovery.broker_url={urls[kind] if broker_url is None else broker_url}",
        *([f"--set-literal=discovery.broker_ca_certificate={AUTHORITY}"] if kind is BrokerKind.RABBITMQ else []),
    ]


@cache
def render(environment: Path, kind: BrokerKind, autoscaler: str) -> Rendered:
    """Render a case once; tests must not change it.

    Production has a console: with KEDA on the pod's loopback, which only shows; with an HPA behind a load balancer,
    with actions.
    """
    model = described(environment)
    broker = model.broker.model_copy(update={"kind": kind})
    changes: Json = {"broker": broker, "autoscaler": autoscaler}
    if environment == PROD:
        keda = autoscaler == "keda"
        changes["console"] = Console(
            runs_on="eks", allow_actions=not keda, load_balancer=None if keda else LOAD_BALANCER
        )
    return render_resolved(resolve(model.model_copy(update=changes)), kind)


@cache
def with_command(command: tuple[str, ...] = RELEASE_COMMAND, autoscaler: str = "keda") -> Rendered:
    """Production with a release command of the application."""
    model = described(PROD)
    application = model.application.model_copy(update={"release": command})
    changed = model.model_copy(update={"application": application, "autoscaler": autoscaler})
    return render_resolved(resolve(changed), model.broker.kind)


def render_resolved(resolved: Json, kind: BrokerKind, broker_url: str | None = None) -> Rendered:
    """The manifests for these values."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "resolved.json"
        helm.write_values(file, resolved)
        text = helm.template("-f", str(file), *settings(kind, broker_url))
    return Rendered(tuple(one for one in yaml.safe_load_all(text) if one), resolved)
