"""Clients in the form of security group rules: each is a group or one address range."""

from celery_platform.environment.derived import Json
from celery_platform.environment.model import Environment


def clients(env: Environment) -> Json:
    """The section `clients`: who may publish and who may watch, keyed by the name of the security group rule.

    Example: `clients(env)["publish"] == {"web": {"security_group_id": "sg-0a1b2c3d", "cidr": None}}`
    """
    return {what: _who_may(env, what) for what in ("publish", "watch")}


def _who_may(env: Environment, what: str) -> Json:
    found: Json = {}
    for name, client in env.clients.items():
        if what not in client.may:
            continue
        if client.security_group is not None:
            found[name] = {"security_group_id": client.security_group, "cidr": None}
        found |= {f"{name}-{cidr}": {"security_group_id": None, "cidr": str(cidr)} for cidr in client.cidrs}
    return found
