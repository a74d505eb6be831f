"""The state of the environment, as `app status` polls it."""

from dataclasses import dataclass

from celery_platform.console.state.shared import Shared
from celery_platform.observability.exporter.reading import Source
from celery_platform.observability.status.poll import Poller
from celery_platform.observability.status.show import worker_addresses
from celery_platform.observability.status.snapshot import Snapshot
from celery_platform.settings import Runtime


@dataclass(frozen=True)
class Overview:
    """A snapshot, and the Unix time of the one before, since when trends and waits are counted."""

    snapshot: Snapshot
    since: float | None


def shared_overview(runtime: Runtime, source: Source, prometheus: str, seconds: float = 0) -> Shared[Overview]:
    """The state of an environment, polled at most each `seconds`; 0 stands for the broker's usual interval."""
    poller = Poller(runtime, lambda _: source, worker_addresses(), prometheus)

    def ask() -> Overview:
        since = poller.before[0] if poller.before else None
        return Overview(poller.poll(), since)

    return Shared(ask, seconds or _interval(source))


def _interval(source: Source) -> float:
    """How often the exporter would poll this broker: SQS bills each poll."""
    try:
        return source.interval_seconds
    except Exception:  # the page says that the broker cannot be polled, when it asks
        return 10.0
