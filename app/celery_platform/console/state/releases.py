"""When releases began to run, as their workers said in the store."""

from celery_platform.console.state.shared import Shared
from celery_platform.observability.releases import Begun, begun_releases

SECONDS = 10.0


def shared_releases() -> Shared[list[Begun]]:
    """The beginnings of the last 30 days, the oldest first, read at most every ten seconds."""
    return Shared(begun_releases, SECONDS)
