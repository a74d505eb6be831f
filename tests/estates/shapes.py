"""Estates in the shapes of real ones, as environment files that a function writes."""

from dataclasses import dataclass
from typing import Any

import yaml

from tests.harness.environment import PROD

# Domains and what happens in them, from which names of queues are made, as a company would name them.
DOMAINS = ("orders", "payments", "email", "search", "media", "reports", "ledger", "stock", "users", "billing")
EVENTS = ("created", "changed", "synced", "checked", "sent", "priced", "merged", "expired", "indexed", "archived")
LIMITS = (30, 60, 240, 900)


@dataclass(frozen=True)
class Shape:
    """An estate: its broker, and how many queues and pools it has. Every `hosts_every`th pool runs on hosts."""

    name: str
    kind: str
    queues: int
    pools: int
    hosts_every: int = 1

    @property
    def is_large(self) -> bool:
        """Whether a plan of it takes minutes."""
        return self.queues > 100


SHAPES = (
    Shape("five-pools", "sqs", queues=31, pools=5, hosts_every=2),
    Shape("own-rabbitmq", "rabbitmq", queues=21, pools=3),
    Shape("one-queue", "redis", queues=1, pools=1),
    Shape("hundreds", "sqs", queues=300, pools=30, hosts_every=3),
    Shape("thousand", "sqs", queues=1_000, pools=100, hosts_every=10),
)


def label(number: int) -> str:
    """The label of a queue or pool.

    Example: `label(0) == "orders_created"`, `label(100) == "orders_created_1"`
    """
    domain, event = DOMAINS[number % 10], EVENTS[number // 10 % 10]
    return f"{domain}_{event}" + (f"_{number // 100}" if number >= 100 else "")


def file_of(shape: Shape, **changes: Any) -> str:
    """The text of an estate's environment file; `changes` replace whole sections.

    Example: `parse(file_of(SHAPES[0]).encode(), folder / SHAPES[0].name / "environment.yml")`
    """
    declared: dict[str, Any] = yaml.safe_load(PROD.read_text())
    return yaml.safe_dump({**declared, **sections(shape), **changes}, sort_keys=False, width=1_000)


def sections(shape: Shape) -> dict[str, Any]:
    """The sections of an environment file that depend on the shape."""
    broker = yaml.safe_load(PROD.read_text())["broker"] | {"kind": shape.kind}
    pools = [f"pool{number}" for number in range(shape.pools)]
    queues = [label(number) for number in range(shape.queues)]
    return {
        "name": shape.name,
        "schedule": {"every_night": {"task": f"company.{queues[0]}.summary", "queue": queues[0], "cron": "0 6 * * *"}},
        "broker": broker,
        "application": _application(queues),
        "pools": {name: _pool(number % shape.hosts_every == 0) for number, name in enumerate(pools)},
        "queues": {
            queue: {
                "pool": pools[number % shape.pools],
                "soft_time_limit_seconds": LIMITS[number % shape.pools % len(LIMITS)],
            }
            for number, queue in enumerate(queues)
        },
    }


def _application(queues: list[str]) -> dict[str, Any]:
    declared: dict[str, Any] = yaml.safe_load(PROD.read_text())["application"]
    routes = [{"tasks": f"company.{queue}.*", "queue": queue} for queue in queues]
    return declared | {"routes": routes, "default_queue": None}


def _pool(on_hosts: bool) -> dict[str, Any]:
    on_eks = {"runs_on": "eks", "min": 1, "max": 10, "cpu": 3}  # a node has less than its four virtual CPUs left
    kind = {"runs_on": "hosts", "min": 2, "max": 2, "cpu": 4} if on_hosts else on_eks
    return kind | {"type": "prefork", "concurrency": 4, "instance_type": "m7i.xlarge", "memory_mib": 4096}
