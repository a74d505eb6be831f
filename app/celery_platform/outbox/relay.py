"""The relay: it publishes the tasks of the outbox, waits for the broker's confirm, and then deletes them.

If a relay dies in between, some tasks are published again with the same task ids, which idempotent tasks tolerate. None
is lost. On PostgreSQL several relays share the work (`SKIP LOCKED`); on SQLite, run only one. Neither a broker nor a
database that is away ends a relay.
"""

import logging
import threading
from collections.abc import Callable
from time import monotonic
from typing import Any, Protocol

from celery import Celery
from kombu.exceptions import OperationalError
from sqlalchemy import Connection, Engine, delete, insert, select
from sqlalchemy.exc import DBAPIError

from celery_platform.errors import PublishError, RefusedMessageError
from celery_platform.outbox.table import ETA, outbox, prepare, refused

logger = logging.getLogger(__name__)

BATCH = 100
# A batch ends after this time, so that a stop is not late and the transaction below is not idle for too long.
BATCH_SECONDS = 20.0
# PostgreSQL ends the transaction of a relay whose machine is gone or frozen. It would otherwise hold the rows of a
# batch until TCP gives the connection up, after two hours by default.
IDLE_IN_TRANSACTION_SECONDS = 60
IDLE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0


class Beat(Protocol):
    """Takes the heartbeats of a relay.

    `works` says whether the last batch reached the database and, if it had tasks, the broker. `away` is how many
    seconds the relay pauses now.
    """

    def __call__(self, *, works: bool, away: float = 0) -> None:
        """Take one."""


def relay_batch(app: Celery, engine: Engine, goes_on: Callable[[], bool] = lambda: True) -> int:
    """Publish and delete the oldest rows in order, at most `BATCH`; return their number.

    The batch ends early when `goes_on`, which is asked before each row, says no. A task that the app refuses to send,
    for example because it is too large for a new broker, goes to `outbox_refused`.

    Raises:
        OperationalError, PublishError: the broker did not confirm a task. It and the later ones stay in the outbox.
        DBAPIError: the database is away. What was published and not deleted will be published again.
    """
    oldest = select(outbox).order_by(outbox.c.number).limit(BATCH).with_for_update(skip_locked=True)
    sent: list[int] = []
    until = monotonic() + BATCH_SECONDS
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            bound = f"SET LOCAL idle_in_transaction_session_timeout = '{IDLE_IN_TRANSACTION_SECONDS}s'"
            connection.exec_driver_sql(bound)
        rows = connection.execute(oldest).all()
        try:
            for row in rows:
                if not goes_on() or monotonic() > until:
                    break
                try:
                    _publish(app, row)
                except RefusedMessageError as error:
                    _set_aside(connection, row, error)
                sent.append(row.number)
        finally:
            # Also after an error in a later row: confirmed tasks need not be sent again. On a connection that ended, it
            # would raise another error than the database's.
            if not connection.invalidated:
                connection.execute(delete(outbox).where(outbox.c.number.in_(sent)))
                connection.commit()
    return len(sent)


def run(app: Celery, engine: Engine, stopped: threading.Event, beat: Beat | None = None) -> None:
    """Relay until `stopped` is set. After an error of broker or database, try again in 1, 2, 4 ... at most 30 s."""
    beat = beat or _unheard
    is_prepared = works = False
    pause = 1.0

    def goes_on() -> bool:
        beat(works=works)
        return not stopped.is_set()

    while not stopped.is_set():
        try:
            if not is_prepared:
                prepare(engine)
                is_prepared = True
            number = relay_batch(app, engine, goes_on)
        except (OperationalError, PublishError, DBAPIError) as error:
            # Of SQLAlchemy's own words, most are the statement.
            said = error.orig if isinstance(error, DBAPIError) else error
            logger.warning("cannot publish from the outbox: %s; trying again in %.0f s", said, pause)
            works = False
            beat(works=works, away=pause)
            stopped.wait(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
            continue
        works, pause = True, 1.0
        beat(works=works)
        if number:
            logger.info("published %d tasks of the outbox", number)
        else:
            stopped.wait(IDLE_SECONDS)


def _unheard(*, works: bool, away: float = 0) -> None:
    """For a relay whose heartbeat nobody wants."""


def _publish(app: Celery, row: Any) -> None:
    headers = dict(row.headers)
    app.send_task(
        row.task,
        row.args,
        row.kwargs,
        eta=headers.pop(ETA, None),
        task_id=row.task_id,
        headers=headers,
    )


def _set_aside(connection: Connection, row: Any, error: RefusedMessageError) -> None:
    logger.error("%s %s cannot be sent: %s It was moved to outbox_refused.", row.task, row.task_id, error)
    kept = {"task_id": row.task_id, "task": row.task, "args": row.args, "kwargs": row.kwargs}
    # An error within a savepoint leaves the transaction usable: what was sent before is still deleted.
    with connection.begin_nested():
        # A task with this id may have been refused before and enqueued again since.
        connection.execute(delete(refused).where(refused.c.task_id == row.task_id))
        connection.execute(insert(refused).values(**kept, reason=str(error)))
