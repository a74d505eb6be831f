"""What the exporter reads from Valkey: which queues are paused."""

from celery_platform.observability.exporter.store import ask, pairs
from celery_platform.reliability.paused_queues import Pause, labels_with_high, paused_key, pauses_of
from celery_platform.settings import Resolved


def read_paused(store_url: str, environment: Resolved) -> dict[str, Pause]:
    """The paused queues by label, those of urgent messages included.

    Raises:
        OSError, SettingsError: the store does not answer, or refuses the command.

    Example: `"email" in read_paused(runtime().results_url, runtime().environment)`
    """
    (found,) = ask(store_url, ("HGETALL", paused_key(environment.prefix)))
    return labels_with_high(environment, pauses_of(pairs(found)))
