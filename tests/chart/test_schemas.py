"""Check every object against the schemas of three Kubernetes versions, without unknown fields."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
from celery_platform.environment.model import BrokerKind
from celery_platform.environment.resolve import resolve
from celery_platform.environment.rules.sizes import CONFIGURATION
from celery_platform.errors import ChartError
from celery_platform.release import helm
from celery_platform.settings.resolved import read

from tests.harness.environment import PROD, described

from .rendered import AUTHORITY, IMAGE, Rendered, render, settings

VERSIONS = ("1.33", "1.34", "1.35")
# Kubernetes has no schemas for these; test_keda.py checks them.
CUSTOM = ("keda.sh/v1alpha1",)


@pytest.mark.server
@pytest.mark.parametrize("version", VERSIONS)
def test_every_object_passes_the_strict_schema(rendered: Rendered, version: str) -> None:
    checked = [one for one in rendered.manifests if one["apiVersion"] not in CUSTOM]

    # A kind without a schema raises an error here; the command line would only warn.
    assert {kubernetes_validate.validate(one, version, strict=True) for one in checked} <= {version}


def empty_lists(value: Any, path: str = "") -> Iterator[str]:
    """The paths of lists without elements."""
    if value == []:
        yield path
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, below in pairs:
        yield from empty_lists(below, f"{path}.{key}")


def test_no_list_is_empty(rendered: Rendered) -> None:
    """The API server drops an empty list, so that each upgrade would change the object to one that has it."""
    found = {f"{one['kind']} {one['metadata']['name']}": list(empty_lists(one)) for one in rendered.manifests}

    assert {name: paths for name, paths in found.items() if paths} == {}


def test_a_field_that_does_not_exist_is_found() -> None:
    (deployment,) = (
        one
        for one in render(PROD, BrokerKind.SQS, "keda").of("Deployment").values()
        if one["metadata"]["name"] == "beat"
    )
    wrong = json.loads(json.dumps(deployment))
    wrong["spec"]["template"]["spec"]["containers"][0]["livenessProb"] = {}

    with pytest.raises(kubernetes_validate.ValidationError, match="livenessProb"):
        kubernetes_validate.validate(wrong, VERSIONS[0], strict=True)


@pytest.mark.parametrize("kind", list(BrokerKind))
def test_helm_lint_has_nothing_to_say(kind: BrokerKind, tmp_path: Path) -> None:
    rendered = render(PROD, kind, "keda")
    helm.write_values(tmp_path / "resolved.json", rendered.resolved)

    output = helm.run("lint", "--strict", str(helm.chart()), "-f", str(tmp_path / "resolved.json"), *settings(kind))

    assert "0 chart(s) failed" in output
    assert "WARNING" not in output


@pytest.fixture
def committed(tmp_path: Path) -> Path:
    """The resolved.json of a production environment."""
    file = tmp_path / "resolved.json"
    helm.write_values(file, resolve(described(PROD)))
    return file


def test_the_committed_values_of_production_are_enough_with_an_image_and_the_authority(committed: Path) -> None:
    ca = f"--set-literal=discovery.broker_ca_certificate={AUTHORITY}"
    assert "kind: ScaledObject" in helm.template("-f", str(committed), "--set", f"image={IMAGE}", ca)


def test_a_broker_with_its_own_authority_is_not_left_without_it(committed: Path) -> None:
    """KEDA would not trust the broker, and its fallback would hide that no pool scales."""
    with pytest.raises(ChartError, match=r"expected discovery\.broker_ca_certificate"):
        helm.template("-f", str(committed), "--set", f"image={IMAGE}")


@pytest.mark.parametrize("image", ["", "celery", "celery:latest", "celery:1.0"])
def test_an_image_without_a_digest_is_refused(image: str, committed: Path) -> None:
    with pytest.raises(ChartError, match="to name a digest"):
        helm.template("-f", str(committed), "--set", f"image={image}")


def test_a_broker_whose_address_aws_chooses_must_be_named(tmp_path: Path) -> None:
    resolved = render(PROD, BrokerKind.REDIS, "keda").resolved
    helm.write_values(tmp_path / "resolved.json", resolved)

    with pytest.raises(ChartError, match=r"expected discovery\.broker_url"):
        helm.template("-f", str(tmp_path / "resolved.json"), "--set", f"image={IMAGE}")


def test_no_value_of_an_environment_collides_with_the_charts_own(rendered: Rendered) -> None:
    own = {
        line.partition(":")[0] for line in (helm.chart() / "values.yaml").read_text().splitlines() if line[:1].isalpha()
    }

    assert own
    assert own & set(rendered.resolved) == set()


def test_the_app_reads_what_was_resolved(rendered: Rendered, tmp_path: Path) -> None:
    (configuration,) = rendered.of("ConfigMap").values()
    (tmp_path / "whole.json").write_text(json.dumps(rendered.resolved))
    (tmp_path / "held.json").write_text(configuration["data"]["resolved.json"])

    assert read(tmp_path / "held.json") == read(tmp_path / "whole.json")


def test_the_config_map_is_measured_by_what_it_holds(rendered: Rendered) -> None:
    (configuration,) = rendered.of("ConfigMap").values()

    assert set(json.loads(configuration["data"]["resolved.json"])) == set(CONFIGURATION)
