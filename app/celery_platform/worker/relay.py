"""Start the relay of the outbox, with a heartbeat like a worker's: the same probes and watchdog tell its state."""

import logging
import os
import signal
import threading
from time import monotonic

from celery_platform.application import application
from celery_platform.database import VARIABLE as DATABASE_URL
from celery_platform.database import database
from celery_platform.errors import SettingsError
from celery_platform.observability.logs.setup import configure
from celery_platform.settings import runtime
from celery_platform.worker.heartbeat_file import (
    CONNECTING,
    HEARTBEAT_SECONDS,
    READY,
    STOPPING,
    VARIABLE,
    HeartbeatFile,
    begin_heartbeat,
)


def start_relay() -> None:
    """Publish the tasks in the outbox until SIGTERM or SIGINT. The message in hand is still published.

    Raises:
        SettingsError: there is no database, or the environment cannot be used.
    """
    begin_heartbeat()
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    # The application first: its secrets may have the URL of the database.
    app = application()
    configure(runtime().environment.name, os.environ.get("CELERY_LOG_LEVEL", logging.INFO))
    engine = database()
    if engine is None:
        raise SettingsError(
            expected=f"a database in {DATABASE_URL}",
            found="none",
            remedy="Name it under application.secrets of the environment file. Without one there is no outbox.",
        )
    from celery_platform.outbox import relay  # SQLAlchemy takes a quarter of a second
    from celery_platform.outbox.reporting import start_reporting

    start_reporting(engine, stopped)
    relay.run(app, engine, stopped, _Heartbeat(stopped))


class _Heartbeat:
    """Writes the heartbeat file of this process, if it has one: `ready` while the database and the broker answer."""

    def __init__(self, stopped: threading.Event) -> None:
        path = os.environ.get(VARIABLE)
        self._file = HeartbeatFile(path) if path else None
        self._stopped = stopped
        self._due = 0.0

    def __call__(self, *, works: bool, away: float = 0) -> None:
        if self._file is None:
            return
        state = STOPPING if self._stopped.is_set() else READY if works else CONNECTING
        # A batch of small messages would otherwise write the file thousands of times a second.
        if state == self._file.state and not away and monotonic() < self._due:
            return
        self._due = monotonic() + HEARTBEAT_SECONDS
        self._file.write(state, away)
