"""Ask EC2 about instance types that are newer than the data of this repository.

The environment file may say what such a type has; then EC2 has to say the same. If it does not, nobody knows before a
plan whether a pool's pods fit on nodes of the type, and pods that do not fit stay pending after the apply.
"""

from collections.abc import Iterator
from typing import Any

import boto3
from celery_platform.environment import Environment
from celery_platform.environment.aws.capacities import Capacity, described_capacity
from celery_platform.environment.errors import Problem
from celery_platform.environment.rules.machine_sizes import contradictions
from celery_platform.environment.rules.node_capacity import known_capacities, too_large_pods, types_without_capacity


def problems_of(env: Environment) -> Iterator[Problem]:
    """What EC2 says that the environment file contradicts, in the words of `make validate`."""
    said = env.account.instance_types
    described = _described(env.region, sorted({*types_without_capacity(env), *said}))
    capacities: dict[str, Capacity] = {size: described_capacity(about) for size, about in described.items()}
    for size in sorted(said.keys() & described.keys()):
        known = vars(capacities[size]) | {"architecture": _architecture(described[size])}
        yield from contradictions(size, said[size], known)
    yield from too_large_pods(env, known_capacities(env) | capacities)


def _described(region: str, types: list[str]) -> dict[str, Any]:
    """What EC2 says about each of the types; it says nothing about one that the region does not have."""
    if not types:
        return {}
    pages = (
        boto3.client("ec2", region_name=region)
        .get_paginator("describe_instance_types")
        .paginate(Filters=[{"Name": "instance-type", "Values": types}])
    )
    return {about["InstanceType"]: about for page in pages for about in page["InstanceTypes"]}


def _architecture(about: Any) -> str:
    return "arm64" if "arm64" in about["ProcessorInfo"]["SupportedArchitectures"] else "amd64"
