"""What is kept of tasks that ended, and where their traces are shown."""

from celery_platform.environment.derived import Json
from celery_platform.environment.model import Environment


def timeline(env: Environment) -> Json:
    """The section `timeline`, with the address of a trace.

    Example: `timeline(load("prod")) == {"attempts": 100_000, "trace_link": None}`
    """
    return env.timeline.model_dump(mode="json") | {"trace_link": env.traces.link}
