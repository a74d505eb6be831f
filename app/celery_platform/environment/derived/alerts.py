"""Thresholds of the alerts, with those that follow from others."""

from celery_platform.environment.derived import Json
from celery_platform.environment.model import Environment

# The wait's objective is about the tasks that begin; a message that waits twice as long has lost its turn.
OLDEST_MESSAGE_FACTOR = 2


def alerts(env: Environment) -> Json:
    """The section `alerts`."""
    oldest = OLDEST_MESSAGE_FACTOR * env.alerts.queue_wait_seconds
    return env.alerts.model_dump(mode="json") | {"oldest_message_seconds": oldest}
