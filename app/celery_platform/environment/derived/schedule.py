"""The schedule in the form that beat reads."""

from celery_platform.environment.derived import Json
from celery_platform.environment.model import Environment


def schedule(env: Environment) -> Json:
    """The section `schedule`, with intervals in seconds."""
    return {
        name: entry.model_dump(mode="json", exclude={"every"}) | {"every_seconds": entry.every_seconds}
        for name, entry in env.schedule.items()
    }
