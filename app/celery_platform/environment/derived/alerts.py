"""The thresholds of the alerts, including those that follow from others."""

from celery_platform.environment.derived import Json
from celery_platform.environment.model import Environment

# The objective on waiting time counts only tasks that start. A message that has waited twice as long is stuck.
OLDEST_MESSAGE_FACTOR = 2


def alerts(env: Environment) -> Json:
    """The section `alerts`."""
    oldest = OLDEST_MESSAGE_FACTOR * env.alerts.queue_wait_seconds
    return env.alerts.model_dump(mode="json") | {"oldest_message_seconds": oldest}
