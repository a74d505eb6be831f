"""Why a queue is late, as `app why` finds out: it takes ten seconds, over which rates are measured."""

from celery_platform.console.state.shared_by_key import SharedByKey
from celery_platform.observability.exporter.reading import Source
from celery_platform.observability.why import Why, why
from celery_platform.settings import Runtime

# Least seconds between two measurements of the same queue, and how many queues are kept.
SECONDS = 20.0
MOST_KEPT = 32


def shared_whys(runtime: Runtime, source: Source) -> SharedByKey[str, Why]:
    """The answers by the label of a queue. Each asks the broker twice, one queue after the other."""
    return SharedByKey(lambda label: why(runtime, lambda _: source, label), SECONDS, MOST_KEPT)
