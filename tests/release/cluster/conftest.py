"""A cluster behind `tool.py`, and what production's deployment is."""

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from celery_platform.environment import resolve
from celery_platform.release import helm
from celery_platform.release.cluster.deploy import Deployment
from celery_platform.release.cluster.tools import Cluster
from celery_platform.release.kubernetes_tools import tool

from tests.chart.rendered import AUTHORITY, IMAGE
from tests.harness import servers
from tests.harness.environment import PROD, described
from tests.harness.servers import REPOSITORY

KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "eu-west-1"}
OPERATOR = "deployment/keda-operator/--namespace=keda"


@dataclass(frozen=True)
class Fake:
    """A cluster whose objects and releases a test sets, and the calls of tools on it."""

    folder: Path
    cluster: Cluster

    def has(self, **state: Any) -> None:
        """Set `objects` (by `kind/name/--namespace=...`), `history`, `pending` and `pulled`."""
        file = self.folder / "state.json"
        file.write_text(json.dumps({**json.loads(file.read_text()), **state}))

    @property
    def calls(self) -> list[dict[str, Any]]:
        """The calls so far, without questions about versions."""
        log = self.folder / "calls.jsonl"
        made = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
        return [call for call in made if call["arguments"][0] != "version"]

    @property
    def changes(self) -> list[tuple[str, ...]]:
        """The tool, verb and subject of each call that changes the cluster, in order."""
        return [
            (call["tool"], *[word for word in call["arguments"] if not word.startswith("-")][:2])
            for call in self.calls
            if call["arguments"][0] in {"apply", "upgrade", "rollback"}
        ]

    @property
    def applied(self) -> list[dict[str, Any]]:
        """The objects that kubectl applied."""
        lists = [json.loads(call["given"]) for call in self.calls if call["arguments"][0] == "apply"]
        return [one for each in lists for one in each["items"]]


def operator(version: str, tag: str = "latest") -> dict[str, Any]:
    """KEDA's operator as its chart makes it."""
    container = {"image": f"ghcr.io/kedacore/keda:{tag}"}
    return {
        "metadata": {"labels": {"app.kubernetes.io/version": version} if version else {}},
        "spec": {"template": {"spec": {"containers": [container]}}},
    }


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fake:
    """A cluster with KEDA and one release."""
    real, tools = tool("helm"), tmp_path / "tools"
    tools.mkdir()
    for name in ("helm", "kubectl"):
        script = tools / name
        script.write_text(f'#!/bin/sh\nexec {sys.executable} {Path(__file__).with_name("tool.py")} {name} "$@"\n')
        script.chmod(0o755)
    (tmp_path / "state.json").write_text("{}")
    monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")
    monkeypatch.setenv("FAKE_CLUSTER", str(tmp_path))
    monkeypatch.setenv("CELERY_CHECKOUT", str(REPOSITORY))
    made = Fake(tmp_path, Cluster(tmp_path / "kubeconfig"))
    made.has(
        helm=real, objects={OPERATOR: operator("2.20.2")}, history=[{"revision": 1, "status": "deployed"}], pending=[]
    )
    return made


@pytest.fixture
def production(tmp_path: Path) -> Deployment:
    """What `make deploy` deploys of production."""
    return of(resolve(described(PROD)), tmp_path)


def of(resolved: dict[str, Any], folder: Path) -> Deployment:
    """The deployment of these values."""
    file = folder / "resolved.json"
    helm.write_values(file, resolved)
    broker = {"broker_url": "amqps://rabbitmq.celery-prod.internal:5671", "broker_ca_certificate": AUTHORITY}
    return Deployment(resolved, file, IMAGE, broker)


@pytest.fixture(scope="package")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An emulated account."""
    with servers.aws(tmp_path_factory.mktemp("account")) as url:
        yield url


@pytest.fixture
def account(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Production's values, and an account without its parameters."""
    for name, value in (KEYS | {"AWS_ENDPOINT_URL": endpoint}).items():
        monkeypatch.setenv(name, value)
    ssm = boto3.client("ssm")
    ssm.delete_parameters(
        Names=[one["Name"] for one in ssm.describe_parameters()["Parameters"]] or ["/celery/prod/none"]
    )
    return resolve(described(PROD))


def place(**values: str) -> None:
    """Write discovery parameters of production."""
    for name, value in values.items():
        boto3.client("ssm").put_parameter(Name=f"/celery/prod/{name}", Value=value, Type="String", Overwrite=True)
