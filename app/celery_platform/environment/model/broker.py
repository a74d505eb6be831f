"""Section `broker`: the kind in use, and the settings of each kind side by side."""

from typing import Literal

from pydantic import Field

from celery_platform.broker_kinds import BrokerKind
from celery_platform.environment.model.base import Closed


class KindSettings(Closed):
    """The settings of one kind of broker, under its name."""

    @property
    def secrets(self) -> tuple[str, ...]:
        """The labels of the secrets that a broker of this kind needs."""
        return ()


class RabbitMQ(KindSettings):
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

    @property
    def secrets(self) -> tuple[str, ...]:
        """The app's password, that of the nodes among themselves, a read-only user's and, with TLS, the authority.

        The exporter and `app status` log in as the read-only user. Ansible puts the authority's certificate and key.
        """
        own = ("broker_password", "erlang_cookie", "monitoring_password")
        return (*own, "broker_ca") if self.tls else own


class AmazonMQ(KindSettings):
    """Amazon MQ for RabbitMQ."""

    version: str = Field(default="4.2", pattern=r"^\d{1,2}\.\d{1,2}$", description="of RabbitMQ, as Amazon MQ names it")
    instance_type: str = Field(
        default="mq.m7g.medium", pattern=r"^mq\.", description="a size that Amazon MQ has for this version"
    )
    deployment: Literal["single", "cluster"] = Field(
        default="cluster", description="one node, or three over three zones"
    )

    @property
    def secrets(self) -> tuple[str, ...]:
        """The password of the only user."""
        return ("broker_password",)


class RedisBroker(KindSettings):
    """A Valkey replication group for messages, separate from the result store."""

    node_type: str = Field(default="cache.t4g.micro", pattern=r"^cache\.", description="ElastiCache size of each node")
    replicas: int = Field(default=1, ge=0, le=5, description="beside the primary, to fail over to")
    tls: bool = Field(
        default=True, description="TLS and a user with a password; turn it off only where nobody else can connect"
    )

    @property
    def secrets(self) -> tuple[str, ...]:
        """The user's password. Without TLS there are no users."""
        return ("broker_password",) if self.tls else ()


class Broker(Closed):
    """The broker in use (`kind`) and the settings of each kind, kept side by side so that switching is one line."""

    kind: BrokerKind
    rabbitmq: RabbitMQ = RabbitMQ()
    amazon_mq: AmazonMQ = AmazonMQ()
    redis: RedisBroker = RedisBroker()

    @property
    def secrets(self) -> tuple[str, ...]:
        """The labels of the secrets that the broker in use needs."""
        settings = getattr(self, self.kind.value, None)
        return settings.secrets if isinstance(settings, KindSettings) else ()

    @property
    def self_managed(self) -> RabbitMQ | None:
        """The settings of the nodes that are hosts of the environment; `None` where AWS runs the broker."""
        return self.rabbitmq if self.kind is BrokerKind.RABBITMQ else None

    @property
    def mirrored(self) -> bool:
        """Whether queues are mirrored classic ones."""
        return self.self_managed is not None and self.self_managed.replication == "mirrored"

    @property
    def rabbitmq_version(self) -> tuple[int, int] | None:
        """The version of RabbitMQ in use, major and minor; `None` on other brokers."""
        versions = {BrokerKind.RABBITMQ: self.rabbitmq.version, BrokerKind.AMAZON_MQ: self.amazon_mq.version}
        if self.kind not in versions:
            return None
        major, minor = versions[self.kind].split(".")
        return int(major), int(minor)
