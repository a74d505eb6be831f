"""The schedule as beat reads it."""

from celery_platform.environment.derived import Json
from celery_platform.environment.model import Environment


def schedule(env: Environment) -> Json:
    """The section `schedule`, with intervals in seconds."""
    return {
        name: entry.model_dump(mode="json", exclude={"every"}) | {"every_seconds": entry.every_seconds}
        for name, entry in env.schedule.items()
    }
