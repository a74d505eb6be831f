"""The data about AWS is as new as the locked botocore, and EC2's names of sizes agree with it."""

import json
import re
from pathlib import Path

import pytest
from celery_platform.environment.aws import capacities as of_capacities
from celery_platform.environment.aws import regions as of_regions
from celery_platform.environment.aws import sizes
from celery_platform.environment.aws.capacities import Capacity, capacities
from celery_platform.environment.aws.regions import regions, usual_zones

from .aws_data import FOLDER, GRAVITON, botocores_instance_types, botocores_partitions

REPOSITORY = Path(__file__).parents[2]
AGAIN = "collect it again: python -m tests.environment.aws_data"


def test_the_regions_are_botocores() -> None:
    known = {
        partition: {"suffix": about["suffix"], "regions": sorted(about["regions"])}
        for partition, about in botocores_partitions().items()
    }
    collected = json.loads((FOLDER / "regions.json").read_text())["partitions"]

    assert {name: one | {"regions": sorted(one["regions"])} for name, one in collected.items()} == known, AGAIN


def test_every_size_of_ec2s_model_is_known() -> None:
    assert set(botocores_instance_types()) <= set(sizes.ec2()), AGAIN


def test_the_architecture_that_a_name_says_is_the_one_that_ec2_says() -> None:
    found = {size: kind for size, kind in sizes.ec2().items() if kind != sizes.MACOS}

    assert found == {size: "arm64" if GRAVITON.match(size) else "amd64" for size in found}


def test_the_capacity_of_a_type_is_what_ec2_says() -> None:
    known = capacities()

    assert set(known) <= set(sizes.ec2())
    assert known["t3.small"] == Capacity(vcpus=2, memory_mib=2_048, max_pods=11)
    assert known["m7g.16xlarge"] == Capacity(vcpus=64, memory_mib=262_144, max_pods=737)
    assert all(one.vcpus >= 1 and one.memory_mib >= 512 and one.max_pods >= 4 for one in known.values())
    # AWS describes the others to nobody: retired types, and those announced but not yet offered everywhere.
    assert len(known) > 0.9 * len(sizes.ec2())


def test_every_region_has_two_zones_or_more_and_names_the_usual_ones() -> None:
    assert all(len(region.usual) >= 2 and set(region.usual) <= set(region.zones) for region in regions().values())
    assert usual_zones("ap-northeast-1") == ["ap-northeast-1a", "ap-northeast-1c", "ap-northeast-1d"]
    assert usual_zones("ca-central-1") == ["ca-central-1a", "ca-central-1b", "ca-central-1d"]


@pytest.mark.parametrize("collected", [of_regions, of_capacities, sizes])
def test_the_data_says_when_it_was_collected(collected: object) -> None:
    assert re.fullmatch(r"20\d\d-\d\d-\d\d", collected.as_of())  # type: ignore[attr-defined]


def test_no_layer_names_a_partition() -> None:
    files = [
        *(REPOSITORY / "terraform").rglob("*.tf"),
        *(REPOSITORY / "app" / "chart").rglob("*.yaml"),
        *(REPOSITORY / "ansible").rglob("*.yml"),
    ]
    named = [file for file in files if ".terraform" not in file.parts and re.search(r"arn:aws[:-]\w", file.read_text())]

    assert named == [], "an ARN of another partition matches nothing: use data.aws_partition"
