"""What polls the broker: one for all pages, made when it is first needed, with one poll under way at a time.

That of SQS makes two clients of AWS, which take ten megabytes.
"""

import threading

from celery_platform.brokers import source_of
from celery_platform.observability.exporter.reading import Reading, Source
from celery_platform.settings import Runtime


class OneSource:
    """A source for several threads.

    Example: `OneSource(runtime()).read()`
    """

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._source: Source | None = None
        self._lock = threading.Lock()

    @property
    def interval_seconds(self) -> float:
        """How often the exporter would poll this broker."""
        with self._lock:
            return self._made().interval_seconds

    def read(self) -> Reading:
        """Poll the broker, when the poll of another thread is over."""
        with self._lock:
            return self._made().read()

    def _made(self) -> Source:
        self._source = self._source or source_of(self._runtime)
        return self._source
