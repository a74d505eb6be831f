"""Every argument in use exists in the majors 5 and 6 of the AWS provider, and none is deprecated."""

import json
import os
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from tests.terraform.conftest import ROOT

pytestmark = pytest.mark.terraform

SCHEMAS = {"resource": "resource_schemas", "data": "data_source_schemas"}


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The schema of the installed provider. Read in a separate folder, because the backend does not work offline."""
    from runner.tools import terraform_variables

    folder = tmp_path_factory.mktemp("schema")
    variables = terraform_variables(folder, os.environ)
    (folder / "versions.tf").write_text((ROOT / "terraform" / "modules" / "sqs" / "versions.tf").read_text())
    subprocess.run(["terraform", "init"], cwd=folder, env=variables, check=True, capture_output=True)
    done = subprocess.run(
        ["terraform", "providers", "schema", "-json"], cwd=folder, env=variables, check=True, capture_output=True
    )
    providers: dict[str, Any] = json.loads(done.stdout)["provider_schemas"]
    found: dict[str, Any] = providers["registry.terraform.io/hashicorp/aws"]
    return found


def test_every_argument_exists_in_provider_6() -> None:
    from documentation.provider_6 import used

    known = json.loads((ROOT / "terraform" / "tests" / "provider_6.json").read_text())
    unknown = [
        f"{resource_type}.{argument}"
        for kind, types in used().items()
        for resource_type, arguments in types.items()
        for argument in sorted(arguments - set(known[kind].get(resource_type, ())))
    ]

    assert known["provider"].startswith("6.")
    assert unknown == [], "removed in provider 6, or a new resource: documentation/provider_6.py says how to add it"


def test_no_argument_is_deprecated_in_provider_5(schema: dict[str, Any]) -> None:
    from documentation.provider_6 import used

    deprecated = [
        f"{resource_type}.{argument}"
        for kind, types in used().items()
        for resource_type, arguments in types.items()
        for argument in sorted(arguments & set(_deprecated(schema[SCHEMAS[kind]][resource_type]["block"])))
    ]

    assert deprecated == []


def test_an_argument_of_a_nested_and_of_a_dynamic_block_is_seen() -> None:
    from documentation.provider_6 import used

    cluster = used()["resource"]["aws_eks_cluster"]
    assert {"endpoint_private_access", "compute_config", "node_pools", "elastic_load_balancing"} <= cluster


def _deprecated(block: dict[str, Any]) -> Iterator[str]:
    """Deprecated arguments, without `id`: every resource has an attribute of this name, and an S3 rule an argument."""
    for name, attribute in block.get("attributes", {}).items():
        if attribute.get("deprecated") and name != "id":
            yield name
    for name, nested in block.get("block_types", {}).items():
        if nested["block"].get("deprecated"):
            yield name
        yield from _deprecated(nested["block"])
