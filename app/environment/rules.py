"""Rules that cross fields: what each layer would refuse later, or lose tasks over, refused now.

One function per rule; each yields the problems it finds. The docstring gives the reason and its source.
"""

import re
from collections.abc import Callable, Iterator

from app.environment.errors import Problem
from app.environment.model import BrokerKind, Environment
from app.environment.time_budget import MAX_VISIBILITY_TIMEOUT_SECONDS, TimeBudget

GRAVITON = re.compile(r"^[a-z]+\d+g[a-z]*\.")

Rule = Callable[[Environment], Iterator[Problem]]


def queue_names_an_existing_pool(env: Environment) -> Iterator[Problem]:
    """A queue nobody drains grows without bound."""
    for name, queue in env.queues.items():
        if queue.pool not in env.pools:
            yield Problem(f"queues.{name}.pool", repr(queue.pool), f"one of: {', '.join(sorted(env.pools))}")


def every_pool_drains_a_queue(env: Environment) -> Iterator[Problem]:
    """A pool without a queue costs money, and Celery would let it consume the default queue of another."""
    used = {queue.pool for queue in env.queues.values()}
    for name in sorted(set(env.pools) - used):
        yield Problem(f"pools.{name}", "a pool that no queue names", "a pool that at least one queue names")


def schedule_names_an_existing_queue(env: Environment) -> Iterator[Problem]:
    """Beat would publish to a queue that nothing declares."""
    for name, entry in env.schedule.items():
        if entry.queue not in env.queues:
            yield Problem(f"schedule.{name}.queue", repr(entry.queue), f"one of: {', '.join(sorted(env.queues))}")


def pool_bounds_are_ordered(env: Environment) -> Iterator[Problem]:
    """Every autoscaler refuses a minimum above the maximum, after the apply has begun."""
    for name, pool in env.pools.items():
        if pool.min > pool.max:
            yield Problem(f"pools.{name}.min", str(pool.min), f"at most max ({pool.max})")


def hosts_are_not_autoscaled(env: Environment) -> Iterator[Problem]:
    """Hosts have fixed names and addresses, so their number is one number."""
    for name, pool in env.pools.items():
        if pool.runs_on == "hosts" and pool.min != pool.max:
            yield Problem(f"pools.{name}.max", str(pool.max), f"equal to min ({pool.min}) on a pool that runs on hosts")


def instances_fit_the_image(env: Environment) -> Iterator[Problem]:
    """EC2 refuses an image of another architecture than the instance type's (Graviton families have a g: m7g, t4g)."""
    types = {
        f"pools.{name}.instance_type": pool.instance_type for name, pool in env.pools.items() if pool.runs_on == "hosts"
    }
    if env.broker.kind is BrokerKind.RABBITMQ:
        types["broker.rabbitmq.instance_type"] = env.broker.rabbitmq.instance_type
    for path, found in types.items():
        architecture = "arm64" if GRAVITON.match(found) else "amd64"
        if not env.hosts.image.endswith(architecture):
            yield Problem(path, f"{found} ({architecture})", f"a type for the image {env.hosts.image}")


def visibility_timeout_is_allowed(env: Environment) -> Iterator[Problem]:
    """SQS refuses a visibility timeout over 12 hours (SQS quotas); the limit is kept on every broker."""
    for name, queue in env.queues.items():
        found = TimeBudget.of(queue.soft_time_limit_seconds, queue.max_countdown_seconds).visibility_timeout
        if found > MAX_VISIBILITY_TIMEOUT_SECONDS:
            allowed = f"a soft limit whose visibility timeout stays under {MAX_VISIBILITY_TIMEOUT_SECONDS} s"
            yield Problem(f"queues.{name}.soft_time_limit_seconds", f"a visibility timeout of {found} s", allowed)


def amazon_mq_version_has_its_instances(env: Environment) -> Iterator[Problem]:
    """Amazon MQ runs RabbitMQ 4.2 and later on mq.m7g only (Amazon MQ guide, "RabbitMQ 4")."""
    mq = env.broker.amazon_mq
    if int(mq.version.split(".")[0]) >= 4 and not mq.instance_type.startswith("mq.m7g."):
        yield Problem("broker.amazon_mq.instance_type", mq.instance_type, f"mq.m7g.* for version {mq.version}")


def amazon_mq_cluster_spans_three_zones(env: Environment) -> Iterator[Problem]:
    """An Amazon MQ cluster deployment is three nodes over three zones."""
    wanted = env.broker.kind is BrokerKind.AMAZON_MQ and env.broker.amazon_mq.deployment == "cluster"
    if wanted and env.network.zones < 3:
        yield Problem("broker.amazon_mq.deployment", "cluster with 2 zones", "single, or network.zones: 3")


def quorum_needs_an_odd_cluster(env: Environment) -> Iterator[Problem]:
    """An even number of nodes tolerates no more failures than one fewer and can split in half."""
    nodes = env.broker.rabbitmq.nodes
    if nodes % 2 == 0:
        yield Problem("broker.rabbitmq.nodes", str(nodes), "an odd number: 1, 3, 5 or 7")


def mirrored_queues_need_rabbitmq_3(env: Environment) -> Iterator[Problem]:
    """Classic queue mirroring was removed in RabbitMQ 4.0 (RabbitMQ guide, "Quorum queues")."""
    rabbitmq = env.broker.rabbitmq
    if rabbitmq.replication == "mirrored" and not rabbitmq.version.startswith("3."):
        yield Problem("broker.rabbitmq.replication", f"mirrored on {rabbitmq.version}", "quorum, or a version 3.x")


def network_holds_the_zones(env: Environment) -> Iterator[Problem]:
    """Each zone gets a private and a public subnet of 1/16 of the VPC; AWS refuses a subnet smaller than /28."""
    if not 16 <= env.network.cidr.prefixlen <= 22:
        yield Problem("network.cidr", str(env.network.cidr), "a prefix from /16 to /22")


RULES: tuple[Rule, ...] = (
    queue_names_an_existing_pool,
    every_pool_drains_a_queue,
    schedule_names_an_existing_queue,
    pool_bounds_are_ordered,
    hosts_are_not_autoscaled,
    instances_fit_the_image,
    visibility_timeout_is_allowed,
    amazon_mq_version_has_its_instances,
    amazon_mq_cluster_spans_three_zones,
    quorum_needs_an_odd_cluster,
    mirrored_queues_need_rabbitmq_3,
    network_holds_the_zones,
)


def broken(env: Environment) -> list[Problem]:
    """Every problem that any rule finds; an empty list when the environment may be used."""
    return [problem for rule in RULES for problem in rule(env)]
