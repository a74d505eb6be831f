"""Rules about the sizes of machines: each exists, and can run what the platform puts on it."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict
from typing import Any

from celery_platform.environment.aws import sizes
from celery_platform.environment.aws.capacities import capacities
from celery_platform.environment.derived.machines import sizes as sizes_of
from celery_platform.environment.errors import Problem
from celery_platform.environment.model import Environment
from celery_platform.environment.model.account import InstanceType
from celery_platform.environment.paths import dotted
from celery_platform.environment.words import did_you_mean


def ec2_has_the_sizes(env: Environment) -> Iterator[Problem]:
    """Machines of a size that does not exist are refused one by one, after everything else was created.

    Refused by: EC2, RunInstances, InvalidInstanceType (botocore's model of EC2; DescribeInstanceTypes).
    """
    newer = {size: one.architecture for size, one in env.account.instance_types.items()}
    known = {**newer, **sizes.ec2()}
    for path, size in _of_machines(env):
        if known.get(size) == sizes.MACOS:
            yield Problem(path, f"{size}, which runs macOS only", "a size that runs Linux, such as m7i.large")
        elif size not in known:
            yield _unknown(path, size, "an EC2 instance type", "m7i.large", known, "account.instance_types")


def elasticache_has_the_sizes(env: Environment) -> Iterator[Problem]:
    """The result store and a Redis broker are created with these node types.

    Refused by: ElastiCache, CreateReplicationGroup, InvalidParameterValue (AWS's price list of ElastiCache).
    """
    nodes = {"results.node_type": env.results.node_type, "broker.redis.node_type": env.broker.redis.node_type}
    known = sizes.elasticache() | set(env.account.node_types)
    for path, size in nodes.items():
        if size not in known:
            yield _unknown(path, size, "a node type of ElastiCache", "cache.t4g.micro", known, "account.node_types")


def amazon_mq_has_the_size(env: Environment) -> Iterator[Problem]:
    """Amazon MQ has a few sizes of its own for RabbitMQ.

    Refused by: Amazon MQ, CreateBroker, BadRequestException (AWS's price list of Amazon MQ).
    """
    path, size = "broker.amazon_mq.instance_type", env.broker.amazon_mq.instance_type
    known = sizes.amazon_mq() | set(env.account.broker_instance_types)
    if size not in known:
        what, newer = "an instance type of Amazon MQ", "account.broker_instance_types"
        yield _unknown(path, size, what, "mq.m7g.large", known, newer)


def account_says_what_ec2_says(env: Environment) -> Iterator[Problem]:
    """A size of `account.instance_types` may have become part of the data; then both have to say the same of it.

    Refused by: nobody; EC2 would start the machine with another architecture or less memory than the file counts on.
    """
    for size, one in env.account.instance_types.items():
        known = asdict(capacities()[size]) if size in capacities() else {}
        known |= {"architecture": sizes.ec2()[size]} if size in sizes.ec2() else {}
        yield from contradictions(size, one, known, f", as of {sizes.as_of()}")


def contradictions(size: str, said: InstanceType, known: Mapping[str, Any], when: str = "") -> Iterator[Problem]:
    """Where the file says something else of an instance type than EC2 does.

    Args:
        size: the type.
        said: what the file says.
        known: the same keys with what EC2 says; those that are missing are not compared.
        when: words that say when EC2 said so.

    Example: `list(contradictions("m7g.large", said, {"vcpus": 2})) == []`
    """
    for key, value in known.items():
        if getattr(said, key) != value:
            path = dotted(("account", "instance_types", size, key))
            yield Problem(path, str(getattr(said, key)), f"{value}, which EC2 says of {size}{when}")


def _of_machines(env: Environment) -> Iterator[tuple[str, str]]:
    for name, pool in env.pools.items():
        if pool.hosts_with is None:
            key = "instance_types" if pool.instance_types else "instance_type"
            yield from ((f"pools.{name}.{key}", size) for size in sizes_of(pool))
    yield "broker.rabbitmq.instance_type", env.broker.rabbitmq.instance_type
    if env.monitoring.instance_type is not None:
        yield "monitoring.instance_type", env.monitoring.instance_type


def _unknown(path: str, size: str, what: str, example: str, known: Collection[str], newer: str) -> Problem:
    allowed = f"{what}, as of {sizes.as_of()}, such as {example}, or a newer one in {newer}{did_you_mean(size, known)}"
    return Problem(path, repr(size), allowed)


RULES = (ec2_has_the_sizes, elasticache_has_the_sizes, amazon_mq_has_the_size, account_says_what_ec2_says)
