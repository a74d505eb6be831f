"""The environment of these tests is that of `make up`, as long as that one describes the shop."""

from typing import Any

import pytest
import yaml

from tests.harness.servers import REPOSITORY

from .conftest import ENVIRONMENT

OF_THE_SHOP = ("application", "pools", "queues", "schedule", "services")


def test_it_describes_the_shop_as_environments_local_does() -> None:
    ours, local = (
        yaml.safe_load(file.read_text()) for file in (ENVIRONMENT, REPOSITORY / "environments/local/environment.yml")
    )
    if local["application"]["package"] != ours["application"]["package"]:
        pytest.skip(f"environments/local describes {local['application']['package']}")

    assert _said(ours) == _said(local)


def _said(described: dict[str, Any]) -> dict[str, Any]:
    return {section: described[section] for section in OF_THE_SHOP}
