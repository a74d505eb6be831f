"""`make deploy` installs KEDA where there is none, and leaves alone one that is there."""

import hashlib
from pathlib import Path

import pytest
from celery_platform.environment import resolve
from celery_platform.errors import ChartError
from celery_platform.release.cluster.deploy import Deployment, deploy
from celery_platform.release.cluster.keda import pinned

from tests.harness.environment import PROD, described

from .conftest import OPERATOR, Fake, of, operator


def test_an_hpa_needs_no_keda(fake: Fake, tmp_path: Path) -> None:
    fake.has(objects={})
    resolved = resolve(described(PROD).model_copy(update={"autoscaler": "hpa"}))
    deploy(fake.cluster, of(resolved, tmp_path), lambda _: None)

    assert ("helm", "upgrade", "keda") not in fake.changes


def test_keda_is_installed_from_the_pinned_chart_where_there_is_none(
    fake: Fake, production: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.has(objects={}, pulled={"version": pinned().version, "content": "chart"})
    monkeypatch.setattr("celery_platform.release.cluster.keda.pinned", lambda: _pinned_to(b"chart"))
    said: list[str] = []
    deploy(fake.cluster, production, said.append)

    assert fake.changes[0] == ("helm", "upgrade", "keda")
    assert said[0] == f"KEDA {pinned().version} installed"
    (arguments,) = (call["arguments"] for call in fake.calls if call["arguments"][2:3] == ["keda"])
    assert {"--namespace=keda", "--create-namespace", "--wait"} <= set(arguments)


def test_keda_is_installed_from_a_chart_that_was_downloaded(
    fake: Fake, production: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = fake.folder / "keda.tgz"
    own.write_bytes(b"chart")
    fake.has(objects={})
    monkeypatch.setattr("celery_platform.release.cluster.keda.pinned", lambda: _pinned_to(b"chart"))
    deploy(fake.cluster, production, lambda _: None, str(own))

    assert [call["arguments"][3] for call in fake.calls if call["arguments"][2:3] == ["keda"]] == [str(own)]
    assert "pull" not in {call["arguments"][0] for call in fake.calls}


def test_a_chart_of_keda_that_was_never_tried_is_not_installed(fake: Fake, production: Deployment) -> None:
    fake.has(objects={}, pulled={"version": pinned().version, "content": "another chart"})

    with pytest.raises(ChartError, match="it is not the chart that was tried"):
        deploy(fake.cluster, production, lambda _: None)
    assert fake.changes == []


@pytest.mark.parametrize(("label", "tag"), [("2.16.1", "2.16.1"), ("", "2.16.1"), ("main", "2.9.0")])
def test_a_keda_that_is_too_old_is_refused_and_left_alone(
    fake: Fake, production: Deployment, label: str, tag: str
) -> None:
    fake.has(objects={OPERATOR: operator(label, tag)})

    with pytest.raises(ChartError, match=r"expected KEDA 2\.17\.0 or newer"):
        deploy(fake.cluster, production, lambda _: None)
    assert fake.changes == []


def test_the_version_of_a_keda_with_a_pinned_image_is_that_of_its_tag(fake: Fake, production: Deployment) -> None:
    fake.has(objects={OPERATOR: operator("", "2.18.0@sha256:ab")})
    said: list[str] = []
    deploy(fake.cluster, production, said.append)

    assert said[0] == "KEDA 2.18.0 is there"


def test_a_keda_of_unknown_version_is_refused(fake: Fake, production: Deployment) -> None:
    fake.has(objects={OPERATOR: operator("", "main")})

    with pytest.raises(ChartError, match="expected KEDA's version"):
        deploy(fake.cluster, production, lambda _: None)


def test_a_keda_that_would_have_no_role_is_refused(fake: Fake, production: Deployment) -> None:
    fake.has(objects={"customresourcedefinition/scaledobjects.keda.sh": {"kind": "CRD"}})

    with pytest.raises(ChartError, match="expected KEDA's operator as keda/keda-operator"):
        deploy(fake.cluster, production, lambda _: None)


def _pinned_to(content: bytes) -> object:
    from celery_platform.release.cluster.keda import Pinned

    said = pinned()
    return Pinned(said.least, said.version, hashlib.sha256(content).hexdigest())
