"""The regions of AWS, the partition of each, and its availability zones."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

# The partitions in which AWS services are called <service>.amazonaws.com: Terraform's modules name services so.
SUFFIX = "amazonaws.com"


@dataclass(frozen=True)
class Region:
    """A region. `suffix` ends the names of its services; `zones` are the letters of the zones it is known to have.

    `usual` are the letters of the zones that a new account has, at most three. A few old accounts have others.
    """

    name: str
    partition: str
    suffix: str
    zones: str
    usual: str


@cache
def regions() -> Mapping[str, Region]:
    """Every region by its name.

    Example: `regions()["ca-central-1"].usual == "abd"`
    """
    return {
        name: Region(name, partition, about["suffix"], zones["known"], zones["usual"])
        for partition, about in _data()["partitions"].items()
        for name, zones in about["regions"].items()
    }


def as_of() -> str:
    """The day on which the data was collected."""
    return str(_data()["as_of"])


def partition_of(region: str) -> str:
    """The partition of a region, as ARNs name it; `aws` for a region that is not known.

    Example: `partition_of("us-gov-west-1") == "aws-us-gov"`
    """
    known = regions().get(region)
    return known.partition if known else "aws"


def usual_zones(region: str) -> list[str]:
    """The availability zones of a region that a new account has, at most three.

    Example: `usual_zones("ap-northeast-1") == ["ap-northeast-1a", "ap-northeast-1c", "ap-northeast-1d"]`
    """
    known = regions().get(region)
    return [f"{region}{letter}" for letter in (known.usual if known else "abc")]


@cache
def _data() -> Any:
    return json.loads((files(__package__) / "regions.json").read_text())
