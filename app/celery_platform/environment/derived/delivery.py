"""The CI pipeline: its subjects, and the services that every role's permissions boundary has to allow."""

from celery_platform.environment.derived import Json
from celery_platform.environment.derived.permissions import services
from celery_platform.environment.model import Environment


def delivery(env: Environment) -> Json | None:
    """The section `delivery`; `None` if the environment configures no pipeline.

    Example: `delivery(load("prod"))["services"] == []`
    """
    if env.delivery is None:
        return None
    return env.delivery.model_dump(mode="json") | {"services": services(env)}
