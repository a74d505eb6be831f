"""The pipeline: its subjects, and what the boundary of every role has to let through."""

from celery_platform.environment.derived import Json
from celery_platform.environment.derived.permissions import services
from celery_platform.environment.model import Environment


def delivery(env: Environment) -> Json | None:
    """The section `delivery`; None where no pipeline is named.

    Example: `delivery(load("prod"))["services"] == []`
    """
    if env.delivery is None:
        return None
    return env.delivery.model_dump(mode="json") | {"services": services(env)}
