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

    version: str = Field(default="4.0", pattern=r"^\d{1,2}\.\d{1,2}$")
    nodes: int = Field(default=3, ge=1, le=7)
    instance_type: str = "m7g.large"
    volume_gib: int = Field(default=50, ge=8, le=16_384, description="data volume of each node, GiB")
    replication: Literal["quorum", "mirrored"] = "quorum"
    tls: bool = Field(
        default=True, description="TLS to clients and between nodes, with certificates of the environment's own CA"
    )
    load_balancer: bool = Field(
        default=True, description="one internal DNS name for clients; without it they have the address of each node"
    )


class AmazonMQ(Closed):
    """Amazon MQ for RabbitMQ."""

    version: str = Field(default="4.2", pattern=r"^\d{1,2}\.\d{1,2}$")
    instance_type: str = Field(default="mq.m7g.medium", pattern=r"^mq\.")
    deployment: Literal["single", "cluster"] = "cluster"


class RedisBroker(Closed):
    """A Valkey replication group for messages, separate from the result store."""

    node_type: str = Field(default="cache.t4g.micro", pattern=r"^cache\.")
    replicas: int = Field(default=1, ge=0, le=5)
    tls: bool = Field(
        default=True, description="TLS and a user with a password; turn it off only where nobody else can connect"
    )


class Broker(Closed):
    """The broker in use (`kind`) and the settings of each kind, kept side by side so that switching is one line."""

    kind: BrokerKind
    rabbitmq: RabbitMQ = RabbitMQ()
    amazon_mq: AmazonMQ = AmazonMQ()
    redis: RedisBroker = RedisBroker()
