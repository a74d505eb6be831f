"""Rules across fields: they refuse now what a layer would refuse later, or what would lose tasks.

One function per rule; each yields the problems it finds. Its docstring gives the reason and the source.
"""

from collections.abc import Callable, Iterator

from celery_platform.environment.errors import Problem
from celery_platform.environment.model import Environment
from celery_platform.environment.rules import (
    addresses,
    application,
    brokers,
    clients,
    console,
    eks,
    existing,
    hosts,
    limits,
    machine_sizes,
    machines,
    machines_of_another,
    network,
    node_capacity,
    notification,
    outbox,
    permissions,
    pools,
    prefix,
    processes,
    ranges,
    regions,
    routes,
    scaling,
    schedule,
    services,
    sizes,
    time,
    traces,
    variables,
)

Rule = Callable[[Environment], Iterator[Problem]]

SECTIONS = (
    prefix,
    regions,
    application,
    routes,
    variables,
    services,
    traces,
    pools,
    scaling,
    machines_of_another,
    processes,
    outbox,
    limits,
    machines,
    machine_sizes,
    node_capacity,
    permissions,
    time,
    brokers,
    network,
    ranges,
    existing,
    clients,
    eks,
    hosts,
    notification,
    console,
    schedule,
)
RULES: tuple[Rule, ...] = tuple(rule for section in SECTIONS for rule in section.RULES)
# Rules about derived values, which can only be computed if the rules above find no problem.
RULES_OF_THE_DERIVED: tuple[Rule, ...] = (*addresses.RULES, *hosts.RULES_OF_THE_DERIVED, *sizes.RULES)


def broken(env: Environment) -> list[Problem]:
    """The problems that the rules find; an empty list if the environment is valid.

    Rules about derived values run only if the others find nothing.
    """
    return _found(RULES, env) or _found(RULES_OF_THE_DERIVED, env)


def _found(rules: tuple[Rule, ...], env: Environment) -> list[Problem]:
    return [problem for rule in rules for problem in rule(env)]
