"""Rules that cross fields: what each layer would refuse later, or lose tasks over, refused now.

One function per rule; each yields the problems it finds. The docstring gives the reason and its source.
"""

from collections.abc import Callable, Iterator

from celery_platform.environment.errors import Problem
from celery_platform.environment.model import Environment
from celery_platform.environment.rules import brokers, eks, existing, machines, network, permissions, pools, time

Rule = Callable[[Environment], Iterator[Problem]]

RULES: tuple[Rule, ...] = (
    *pools.RULES,
    *machines.RULES,
    *permissions.RULES,
    *time.RULES,
    *brokers.RULES,
    *network.RULES,
    *existing.RULES,
    *eks.RULES,
)


def broken(env: Environment) -> list[Problem]:
    """Every problem that any rule finds; an empty list when the environment may be used."""
    return [problem for rule in RULES for problem in rule(env)]
