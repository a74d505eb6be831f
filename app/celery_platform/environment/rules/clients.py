"""Rules about the clients outside the platform."""

from collections import Counter
from collections.abc import Iterator

from celery_platform.environment.errors import Problem
from celery_platform.environment.model import Environment


def clients_are_named_once(env: Environment) -> Iterator[Problem]:
    """EC2 refuses a second rule for the same source and port, in the middle of an apply (InvalidPermission.Duplicate).

    The security group of an existing cluster already has such rules, because the workers' pods are in it.

    Refused by: EC2, AuthorizeSecurityGroupIngress, InvalidPermission.Duplicate.
    """
    sources = [str(source) for client in env.clients.values() for source in (client.security_group, *client.cidrs)]
    if env.eks.existing is not None:
        sources.append(env.eks.existing.security_group)
    for name, client in env.clients.items():
        for source in (client.security_group, *client.cidrs):
            if source is not None and Counter(sources)[str(source)] > 1:
                yield Problem(
                    f"clients.{name}", f"{source} more than once", "each source in one client, with all its rights"
                )


def clients_are_not_everyone(env: Environment) -> Iterator[Problem]:
    """If every address of a large network reaches the broker, only a password protects it."""
    for name, client in env.clients.items():
        for cidr in client.cidrs:
            if cidr.prefixlen < 8 or (not cidr.is_private and cidr.prefixlen < 16):
                allowed = "addresses of your own: a private range, or a prefix of /16 or longer"
                yield Problem(f"clients.{name}.cidrs", str(cidr), allowed)


RULES = (clients_are_named_once, clients_are_not_everyone)
