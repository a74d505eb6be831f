"""What a deployment reads from the account, and how it logs in to the cluster."""

import base64
import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
import yaml
from celery_platform.errors import ChartError
from celery_platform.release.cluster import inputs
from celery_platform.release.cluster.access import kubeconfig, of_eks
from celery_platform.release.cluster.token import credential

from .conftest import KEYS, place


@pytest.mark.server
def test_the_broker_and_its_authority_come_from_the_account(account: dict[str, Any]) -> None:
    with pytest.raises(ChartError, match="found no such parameter"):
        inputs.parameters(account)
    place(broker_url="amqps://rabbitmq:5671", broker_ca_certificate=inputs.NOT_PLACED)
    with pytest.raises(ChartError, match=r"broker_ca_certificate; found not placed yet\. Run `make site`"):
        inputs.parameters(account)
    place(broker_ca_certificate="PEM, one")

    assert inputs.parameters(account) == {
        "broker_url": "amqps://rabbitmq:5671",
        "broker_ca_certificate": "PEM, one",
    }


@pytest.mark.server
def test_the_image_is_the_one_of_this_release_by_digest(account: dict[str, Any]) -> None:
    ecr = boto3.client("ecr")
    uri = ecr.create_repository(repositoryName="celery-prod/app")["repository"]["repositoryUri"]
    with pytest.raises(ChartError, match="expected an image 0123 of this checkout's release"):
        inputs.image(account, "0123")
    manifest = json.dumps({"schemaVersion": 2, "layers": [], "config": {"digest": "sha256:" + "0" * 64}})
    made = ecr.put_image(repositoryName="celery-prod/app", imageManifest=manifest, imageTag="0123")["image"]

    assert inputs.image(account, "0123") == f"{uri}@{made['imageId']['imageDigest']}"


def test_a_token_is_a_signed_request_that_names_the_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    """As aws-iam-authenticator reads it: base64 of a URL of STS, whose signature includes the cluster's name."""
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)

    made = credential("celery-prod")["status"]["token"].removeprefix("k8s-aws-v1.")
    url = urlsplit(base64.urlsafe_b64decode(made + "=" * (-len(made) % 4)).decode())
    query = parse_qs(url.query)

    assert url.hostname == "sts.eu-west-1.amazonaws.com"
    assert query["Action"] == ["GetCallerIdentity"]
    assert query["X-Amz-SignedHeaders"] == ["host;x-k8s-aws-id"]
    assert query["X-Amz-Expires"] == ["60"]


def test_the_kubeconfig_of_an_eks_cluster_asks_for_a_token() -> None:
    cluster = {"endpoint": "https://x.eks.amazonaws.com", "certificateAuthority": {"data": "UEVN"}}
    made = of_eks("celery-prod", cluster)

    assert made["clusters"][0]["cluster"] == {
        "server": "https://x.eks.amazonaws.com",
        "certificate-authority-data": "UEVN",
    }
    assert made["users"][0]["user"]["exec"]["args"][-1] == "celery-prod"
    assert made["current-context"] == "celery-prod"


def test_a_named_context_is_used_alone_and_the_copy_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = of_eks("kind", {"endpoint": "https://127.0.0.1:6443", "certificateAuthority": {"data": "UEVN"}})
    other = of_eks("prod", {"endpoint": "https://prod", "certificateAuthority": {"data": "UEVN"}})
    both = other | {key: other[key] + own[key] for key in ("clusters", "users", "contexts")}
    (tmp_path / "config").write_text(json.dumps(both))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "config"))

    with kubeconfig("celery-prod", "kind") as file:
        read = yaml.safe_load(file.read_text())
        assert [one["name"] for one in read["clusters"]] == ["kind"]
        assert file.stat().st_mode & 0o077 == 0
    assert not file.exists()


def test_the_copy_contains_the_certificates_to_which_a_context_refers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = of_eks("kind", {"endpoint": "https://127.0.0.1:6443", "certificateAuthority": {"data": ""}})
    own["clusters"][0]["cluster"] = {"server": "https://127.0.0.1:6443", "certificate-authority": "ca.pem"}
    (tmp_path / "ca.pem").write_text("PEM")
    (tmp_path / "config").write_text(json.dumps(own))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "config"))

    with kubeconfig("celery-prod", "kind") as file:
        (cluster,) = yaml.safe_load(file.read_text())["clusters"]

    assert cluster["cluster"]["certificate-authority-data"] == base64.b64encode(b"PEM").decode()


def test_a_context_that_does_not_exist_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))

    with pytest.raises(ChartError, match="expected a context kind in your kubeconfig"), kubeconfig("x", "kind"):
        pass
