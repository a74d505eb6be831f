"""Rules that cross fields: what each layer would refuse later, or lose tasks over, refused now.

One function per rule; each yields the problems it finds. The docstring gives the reason and its source.
"""

from collections.abc import Callable, Iterator

from celery_platform.environment.errors import Problem
from celery_platform.environment.model import Environment
from celery_platform.environment.rules import (
    addresses,
    application,
    brokers,
    clients,
    eks,
    existing,
    limits,
    machines,
    machines_of_another,
    network,
    permissions,
    pools,
    routes,
    schedule,
    services,
    time,
    variables,
)

Rule = Callable[[Environment], Iterator[Problem]]

SECTIONS = (
    application,
    routes,
    variables,
    services,
    pools,
    machines_of_another,
    limits,
    machines,
    permissions,
    time,
    brokers,
    network,
    existing,
    clients,
    eks,
    schedule,
)
RULES: tuple[Rule, ...] = tuple(rule for section in SECTIONS for rule in section.RULES)
# About what is derived, which can be derived only where the rules above find nothing.
RULES_OF_THE_DERIVED: tuple[Rule, ...] = addresses.RULES


def broken(env: Environment) -> list[Problem]:
    """What the rules find, those of the derived after the others; an empty list when the environment may be used."""
    return _found(RULES, env) or _found(RULES_OF_THE_DERIVED, env)


def _found(rules: tuple[Rule, ...], env: Environment) -> list[Problem]:
    return [problem for rule in rules for problem in rule(env)]
