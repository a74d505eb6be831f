"""Section `broker`: the kind in use, and the settings of each kind side by side."""

from enum import StrEnum
from typing import Literal

from pydantic import Field

from celery_platform.environment.model.base import Closed


class BrokerKind(StrEnum):
    """The broker that carries the tasks. Changing it is a one-line diff."""

    SQS = "sqs"
    AMAZON_MQ = "amazon_mq"
    RABBITMQ = "rabbitmq"
    REDIS = "redis"


class RabbitMQ(Closed):
    """Self-managed RabbitMQ on EC2 hosts."""

    version: str = Field(default="4.0", pattern=r"^\d{1,2}\.\d{1,2}$", description="of RabbitMQ: major and minor")
    nodes: int = Field(default=3, ge=1, le=7, description="of the cluster; three keep a quorum when one is lost")
    instance_type: str = Field(default="m7g.large", description="EC2 size of each node")
    volume_gib: int = Field(default=50, ge=8, le=16_384, description="data volume of each node, GiB")
    replication: Literal["quorum", "mirrored"] = Field(
        default="quorum", description="quorum queues, or mirrored classic queues (RabbitMQ 3 only)"
    )
    tls: bool = Field(
        default=True, description="TLS to clients and between nodes, with certificates of the environment's own CA"
    )
    load_balancer: bool = Field(
        default=True, description="one internal DNS name for clients; without it they have the address of each node"
    )


class AmazonMQ(Closed):
    """Amazon MQ for RabbitMQ."""

    version: str = Field(default="4.2", pattern=r"^\d{1,2}\.\d{1,2}$", description="of RabbitMQ, as Amazon MQ names it")
    instance_type: str = Field(
        default="mq.m7g.medium", pattern=r"^mq\.", description="a size that Amazon MQ has for this version"
    )
    deployment: Literal["single", "cluster"] = Field(
        default="cluster", description="one node, or three over three zones"
    )


class RedisBroker(Closed):
    """A Valkey replication group for messages, separate from the result store."""

    node_type: str = Field(default="cache.t4g.micro", pattern=r"^cache\.", description="ElastiCache size of each node")
    replicas: int = Field(default=1, ge=0, le=5, description="beside the primary, to fail over to")
    tls: bool = Field(
        default=True, description="TLS and a user with a password; turn it off only where nobody else can connect"
    )


class Broker(Closed):
    """The broker in use (`kind`) and the settings of each kind, kept side by side so that switching is one line."""

    kind: BrokerKind
    rabbitmq: RabbitMQ = RabbitMQ()
    amazon_mq: AmazonMQ = AmazonMQ()
    redis: RedisBroker = RedisBroker()
