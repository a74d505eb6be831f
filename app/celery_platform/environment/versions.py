"""Which versions an environment runs, and how long each is supported."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from celery_platform.environment.model import Environment
from celery_platform.environment.support import Support, support_of

# Time to try an upgrade in every environment before the old version ends.
SOON_DAYS = 120
# The stores and brokers of ElastiCache (terraform/modules/elasticache).
VALKEY = "8.0"


@dataclass(frozen=True)
class Version:
    """A version that an environment runs. `key` is where its file says it, or where this repository does."""

    product: str
    version: str
    key: str

    @property
    def support(self) -> Support | None:
        """How long it is supported, as far as is known."""
        return support_of(self.product, self.version)

    def days_left(self, today: date) -> int | None:
        """The days until its support ends, below zero afterwards; `None` if no end is known.

        Example: `Version("Debian", "13", "hosts.image").days_left(date(2028, 8, 1)) == 8`
        """
        known = self.support
        return None if known is None or known.until is None else (known.until - today).days

    def ends_soon(self, today: date) -> bool:
        """Whether its support has ended, or ends within `SOON_DAYS`."""
        left = self.days_left(today)
        return left is not None and left <= SOON_DAYS


def versions(env: Environment) -> Iterator[Version]:
    """The versions that an environment runs and that its owner has to renew.

    RabbitMQ, Erlang and Python of hosts come from Debian, which mends them as long as the release is supported.

    Example: `[one.product for one in versions(load("prod"))][0] == "Kubernetes on EKS"`
    """
    if env.eks.existing is None and any(pool.runs_on == "eks" for pool in env.pools.values()):
        yield Version("Kubernetes on EKS", env.eks.version, "eks.version")
    yield Version("Debian", env.hosts.image.split("-")[1], "hosts.image")
    if env.broker.rabbitmq_version is not None and env.broker.self_managed is None:
        major, minor = env.broker.rabbitmq_version
        yield Version("RabbitMQ on Amazon MQ", f"{major}.{minor}", f"broker.{env.broker.kind.value}.version")
    yield Version("Valkey on ElastiCache", VALKEY, "terraform/modules/elasticache")
