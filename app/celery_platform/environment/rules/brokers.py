"""Rules about brokers: what each kind and version supports."""

from collections.abc import Iterator

from celery_platform.broker_kinds import BrokerKind, kinds_where
from celery_platform.environment.errors import Problem
from celery_platform.environment.model import Environment

PRIORITIES_SINCE = (4, 0)

AMAZON_MQ_VERSIONS = ("3.13", "4.2", "4.3")


def amazon_mq_has_the_version(env: Environment) -> Iterator[Problem]:
    """Amazon MQ creates brokers of the versions that it supports, and no others.

    Refused by: Amazon MQ, CreateBroker, BadRequestException (Amazon MQ guide, "Managing Amazon MQ for RabbitMQ engine
    versions", as of 2026-11-28).
    """
    version = env.broker.amazon_mq.version
    if version not in AMAZON_MQ_VERSIONS:
        yield Problem("broker.amazon_mq.version", repr(version), f"one of: {', '.join(AMAZON_MQ_VERSIONS)}")


def amazon_mq_version_has_its_instances(env: Environment) -> Iterator[Problem]:
    """Amazon MQ runs RabbitMQ 4.2 on mq.m7g only, and 3.13 on mq.m5 too; mq.t3 is too small for a cluster.

    Refused by: Amazon MQ, CreateBroker, BadRequestException; the module amazon_mq (Amazon MQ guide, "RabbitMQ 4").
    """
    mq = env.broker.amazon_mq
    families = ("mq.m7g.",) if mq.version.startswith("4.") else ("mq.m7g.", "mq.m5.")
    is_newer = mq.instance_type in env.account.broker_instance_types
    if not is_newer and not mq.instance_type.startswith(families):
        allowed = f"{' or '.join(f'{family}*' for family in families)} for version {mq.version}"
        yield Problem("broker.amazon_mq.instance_type", mq.instance_type, allowed)


def amazon_mq_cluster_spans_three_zones(env: Environment) -> Iterator[Problem]:
    """A cluster deployment of Amazon MQ has three nodes in three availability zones.

    Refused by: Amazon MQ, CreateBroker, BadRequestException.
    """
    wanted = env.broker.kind is BrokerKind.AMAZON_MQ and env.broker.amazon_mq.deployment == "cluster"
    if wanted and env.network.zones < 3:
        yield Problem("broker.amazon_mq.deployment", "cluster with 2 zones", "single, or network.zones: 3")


def quorum_needs_an_odd_cluster(env: Environment) -> Iterator[Problem]:
    """An even number of nodes tolerates no more failures than one node fewer, and the cluster can split in half."""
    nodes = env.broker.rabbitmq.nodes
    if nodes % 2 == 0:
        yield Problem("broker.rabbitmq.nodes", str(nodes), "an odd number: 1, 3, 5 or 7")


def mirrored_queues_need_rabbitmq_3(env: Environment) -> Iterator[Problem]:
    """Classic queue mirroring was removed in RabbitMQ 4.0 (RabbitMQ guide, "Quorum queues").

    Refused by: nobody; RabbitMQ 4 ignores the policy.
    """
    rabbitmq = env.broker.rabbitmq
    if rabbitmq.replication == "mirrored" and not rabbitmq.version.startswith("3."):
        yield Problem("broker.rabbitmq.replication", f"mirrored on {rabbitmq.version}", "quorum, or a version 3.x")


def fifo_needs_sqs(env: Environment) -> Iterator[Problem]:
    """Only SQS has FIFO queues; on other brokers, the order would be lost without an error.

    Refused by: nobody; the order would be lost.
    """
    for name, queue in env.queues.items():
        if queue.fifo and not env.broker.kind.facts.fifo:
            allowed = f"false, or broker.kind: {kinds_where(lambda facts: facts.fifo)}"
            yield Problem(f"queues.{name}.fifo", f"true on {env.broker.kind.value}", allowed)


def fifo_queue_has_no_countdown(env: Environment) -> Iterator[Problem]:
    """A message that a worker holds for a countdown blocks its message group (SQS guide, "FIFO delivery logic")."""
    for name, queue in env.queues.items():
        if queue.fifo and queue.max_countdown_seconds:
            found = f"{queue.max_countdown_seconds} on a FIFO queue"
            yield Problem(f"queues.{name}.max_countdown_seconds", found, "0")


def priorities_exist_on_the_broker(env: Environment) -> Iterator[Problem]:
    """Quorum queues support priorities since RabbitMQ 4.0 (guide "Quorum queues"); a FIFO queue has a fixed order.

    Refused by: nobody; the broker ignores it.
    """
    version = env.broker.rabbitmq_version
    without = version is not None and version < PRIORITIES_SINCE and not env.broker.mirrored
    for name, queue in env.queues.items():
        if queue.priorities > 1 and version is not None and without:
            found = f"{queue.priorities} on quorum queues of {version[0]}.{version[1]}"
            yield Problem(f"queues.{name}.priorities", found, "1, or 4.x")
        if queue.priorities > 1 and queue.fifo:
            yield Problem(f"queues.{name}.priorities", f"{queue.priorities} on a FIFO queue", "1")


def priorities_on_sqs_need_an_event_loop(env: Environment) -> Iterator[Problem]:
    """A gevent pool polls its SQS queues in turn, regardless of priority (kombu 5.7, `Transport.drain_events`)."""
    for name, queue in env.queues.items():
        types = {env.pools[pool].type for pool in queue.pool if pool in env.pools}
        in_turn = env.broker.kind.facts.polled_in_turn_without_event_loop
        if in_turn and queue.priorities > 1 and "gevent" in types:
            yield Problem(
                f"queues.{name}.priorities", f"{queue.priorities} in a gevent pool", "1, or another pool type"
            )


RULES = (
    priorities_exist_on_the_broker,
    priorities_on_sqs_need_an_event_loop,
    fifo_needs_sqs,
    fifo_queue_has_no_countdown,
    amazon_mq_has_the_version,
    amazon_mq_version_has_its_instances,
    amazon_mq_cluster_spans_three_zones,
    quorum_needs_an_odd_cluster,
    mirrored_queues_need_rabbitmq_3,
)
