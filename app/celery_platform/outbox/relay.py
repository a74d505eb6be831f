"""The relay: it publishes the tasks of the outbox, waits for the broker's confirm, and then deletes them.

If a relay dies in between, some tasks are published again with the same task ids, which idempotent tasks tolerate. None
is lost. On PostgreSQL several relays share the work (`SKIP LOCKED`); on SQLite, run only one.
"""

import logging
import threading
from typing import Any

from celery import Celery
from kombu.exceptions import OperationalError
from sqlalchemy import Connection, Engine, delete, insert, select

from celery_platform.errors import PublishError, RefusedMessageError
from celery_platform.outbox.table import ETA, outbox, prepare, refused

logger = logging.getLogger(__name__)

BATCH = 100
IDLE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0


def relay_batch(app: Celery, engine: Engine) -> int:
    """Publish and delete the oldest rows in order, at most `BATCH`; return their number.

    A task that the app refuses to send, for example because it is too large for a new broker, goes to `outbox_refused`.

    Raises:
        OperationalError, PublishError: the broker did not confirm a task. It and the later ones stay in the outbox.
    """
    oldest = select(outbox).order_by(outbox.c.number).limit(BATCH).with_for_update(skip_locked=True)
    sent: list[int] = []
    with engine.connect() as connection:
        try:
            for row in connection.execute(oldest).all():
                try:
                    _publish(app, row)
                except RefusedMessageError as error:
                    _set_aside(connection, row, error)
                sent.append(row.number)
        finally:
            # Also after an error in a later row: confirmed tasks need not be sent again.
            connection.execute(delete(outbox).where(outbox.c.number.in_(sent)))
            connection.commit()
    return len(sent)


def run(app: Celery, engine: Engine, stopped: threading.Event) -> None:
    """Relay until `stopped` is set. After an error of the broker, try again in 1, 2, 4 ... at most 30 s."""
    prepare(engine)
    pause = 1.0
    while not stopped.is_set():
        try:
            number = relay_batch(app, engine)
        except (OperationalError, PublishError) as error:
            logger.warning("cannot publish from the outbox: %s; trying again in %.0f s", error, pause)
            stopped.wait(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
            continue
        pause = 1.0
        if number:
            logger.info("published %d tasks of the outbox", number)
        else:
            stopped.wait(IDLE_SECONDS)


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
    # A task with this id may have been refused before and enqueued again since.
    connection.execute(delete(refused).where(refused.c.task_id == row.task_id))
    connection.execute(insert(refused).values(**kept, reason=str(error)))
