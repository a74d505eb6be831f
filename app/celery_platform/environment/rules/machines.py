"""Rules about machines and their images."""

import re
from collections.abc import Iterator

from celery_platform.environment.errors import Problem
from celery_platform.environment.model import BrokerKind, Environment

GRAVITON = re.compile(r"^[a-z]+\d+g[a-z]*\.")


def instances_fit_the_image(env: Environment) -> Iterator[Problem]:
    """EC2 refuses an image of another architecture than the instance type's (Graviton families have a g: m7g, t4g)."""
    types = {
        f"pools.{name}.instance_type": pool.instance_type for name, pool in env.pools.items() if pool.runs_on == "hosts"
    }
    if env.broker.kind is BrokerKind.RABBITMQ:
        types["broker.rabbitmq.instance_type"] = env.broker.rabbitmq.instance_type
    if env.monitoring.instance_type is not None:
        types["monitoring.instance_type"] = env.monitoring.instance_type
    for path, found in types.items():
        architecture = "arm64" if GRAVITON.match(found) else "amd64"
        if not env.hosts.image.endswith(architecture):
            yield Problem(path, f"{found} ({architecture})", f"a type for the image {env.hosts.image}")


RULES = (instances_fit_the_image,)
