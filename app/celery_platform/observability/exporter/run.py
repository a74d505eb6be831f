"""`app exporter`: poll the broker in the background and serve the result as metrics."""

import logging
import signal
import threading
import time
from collections.abc import Callable

from celery_platform.observability.exporter.beat import read_beat, read_soft_stops
from celery_platform.observability.exporter.configuration import read_configuration
from celery_platform.observability.exporter.last_poll import LastPoll, LastPollCollector
from celery_platform.observability.exporter.outbox import read_outbox
from celery_platform.observability.exporter.paused import read_paused
from celery_platform.observability.exporter.reading import Source
from celery_platform.observability.exporter.runtimes import Runtimes, read_runtimes
from celery_platform.observability.runtimes import measured
from celery_platform.settings import Runtime

logger = logging.getLogger(__name__)


def run(address: str, port: int, interval_seconds: float, source_of: Callable[[Runtime], Source]) -> None:
    """Serve metrics until SIGTERM or SIGINT.

    Args:
        address: the address to listen on.
        port: the port to listen on.
        interval_seconds: time between polls; 0 selects the source's own.
        source_of: what to poll; only the broker's folder knows.

    Raises:
        SettingsError: the environment cannot be used.
        OSError: the port is in use.
    """
    from prometheus_client import CollectorRegistry, start_http_server

    now = read_configuration()
    source, poll_store = source_of(now), store_poll(now)
    interval_seconds = interval_seconds or source.interval_seconds
    last_poll = LastPoll(now.environment, interval_seconds)
    registry = CollectorRegistry()
    registry.register(LastPollCollector(last_poll))
    server, _ = start_http_server(port, addr=address, registry=registry)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    logger.info("serving the state of %s on %s:%s", now.environment.broker_kind, address, port)
    while not stop.is_set():
        poll(last_poll, source, poll_store)
        stop.wait(interval_seconds)
    server.shutdown()


def store_poll(runtime: Runtime) -> Callable[[LastPoll], None]:
    """A function that polls Valkey for soft stops, paused queues and runtimes.

    It also polls beat's state if there is a schedule, and the outbox's if there is a relay.
    """
    store_url, prefix = runtime.results_url, runtime.environment.prefix
    scheduled, summed = bool(runtime.environment.schedule), bool(measured(runtime.environment))
    runtimes = Runtimes()

    def poll_store(last_poll: LastPoll) -> None:
        beat = read_beat(store_url, prefix)
        last_poll.beat = beat if scheduled or beat.has_entries else None
        last_poll.soft_stops = read_soft_stops(store_url, prefix)
        last_poll.paused = frozenset(read_paused(store_url, runtime.environment))
        if runtime.environment.has_relay:
            last_poll.outbox = read_outbox(store_url, prefix)
        if summed:
            last_poll.runtimes = runtimes.means(read_runtimes(store_url, prefix), time.monotonic())

    return poll_store


def poll(last_poll: LastPoll, source: Source, poll_store: Callable[[LastPoll], None]) -> None:
    """Poll once. An error is logged, and the next poll tries again."""
    began = time.monotonic()
    try:
        last_poll.remember(source.read(), time.monotonic() - began)
    except Exception as error:
        last_poll.miss()
        logger.warning("cannot poll the broker: %s", error)
    try:
        poll_store(last_poll)
    except Exception as error:
        # Paused queues stay as they were, as for the workers.
        last_poll.beat = last_poll.soft_stops = last_poll.outbox = None
        logger.warning("cannot poll Valkey: %s", error)
