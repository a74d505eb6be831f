"""The connections of one environment: its configuration applied, its chart rendered, each connection followed."""

import tempfile
from pathlib import Path
from typing import Any

import yaml
from celery_platform.release import helm

from documentation.connections.applied import Applied, applied
from documentation.connections.follow import Followed, follow
from documentation.connections.needs import needs
from documentation.connections.network import Network
from documentation.connections.policies import Manifest

# What a deploy finds in the account: its content plays no part in connections.
IMAGE = f"registry.example.com/app@sha256:{'0' * 64}"
AUTHORITY = "the authority's certificate"


def connections(resolved: dict[str, Any]) -> list[Followed]:
    """Apply an environment's derived values with a mocked provider, render its chart, and follow its connections.

    Raises:
        RunError: Terraform refused the values.

    Example: `table("prod", connections(resolve(load("prod"))))`
    """
    with tempfile.TemporaryDirectory(prefix="connections-") as folder:
        found = applied(resolved, Path(folder))
        manifests = rendered(resolved, found, Path(folder))
    return followed(resolved, found, manifests)


def followed(resolved: dict[str, Any], found: Applied, manifests: list[Manifest]) -> list[Followed]:
    """Follow the connections of an applied environment and a rendered chart."""
    network = Network(resolved, found)
    discovery = found.outputs["discovery"]
    return follow(resolved, network, manifests, needs(resolved, discovery, manifests, network))


def rendered(resolved: dict[str, Any], found: Applied, folder: Path) -> list[Manifest]:
    """The chart's manifests with what the applied environment tells its pods; none without pods."""
    if not resolved["eks"]["enabled"]:
        return []
    told = {name: found.outputs["discovery"][name] for name in ("broker_url", "results_url")}
    if "broker_ca" in resolved["secrets"]:
        told["broker_ca_certificate"] = AUTHORITY
    values = folder / "values.json"
    helm.write_values(values, resolved)
    images = (f"--set=image={IMAGE}", f"--set=console_image={IMAGE}")
    text = helm.template("-f", str(values), *images, *helm.discovery(told))
    return [manifest for manifest in yaml.safe_load_all(text) if manifest]
