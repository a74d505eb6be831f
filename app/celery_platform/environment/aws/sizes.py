"""The sizes of machines: EC2's with their architecture, ElastiCache's and Amazon MQ's."""

import json
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

# The architecture in the data, under the name that Debian and Kubernetes use; macOS runs no workers.
MACOS = "macos"


@cache
def ec2() -> Mapping[str, str]:
    """The architecture of each EC2 instance type: amd64, arm64 or macos.

    Example: `ec2()["m7g.large"] == "arm64"`
    """
    kinds = _data()["ec2"]
    return {size: architecture for architecture, families in kinds.items() for size in _sizes(families)}


@cache
def elasticache() -> frozenset[str]:
    """The node types of ElastiCache.

    Example: `"cache.t4g.micro" in elasticache()`
    """
    return frozenset(f"cache.{size}" for size in _sizes(_data()["elasticache"]))


@cache
def amazon_mq() -> frozenset[str]:
    """The instance types of Amazon MQ for RabbitMQ.

    Example: `"mq.m7g.medium" in amazon_mq()`
    """
    return frozenset(f"mq.{size}" for size in _sizes(_data()["amazon_mq"]))


def as_of() -> str:
    """The day on which the data was collected."""
    return str(_data()["as_of"])


def _sizes(families: Mapping[str, str]) -> Iterable[str]:
    return (f"{family}.{size}" for family, sizes in families.items() for size in sizes.split())


@cache
def _data() -> Any:
    return json.loads((files(__package__) / "sizes.json").read_text())
