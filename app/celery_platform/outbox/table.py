"""The outbox: a task to be sent is a row of the same transaction as the change that asks for it.

Publishing inside a transaction sends tasks for changes that are rolled back; publishing after it loses them when the
process dies in between. Celery's own guide recommends an outbox for this reason (celery#10271).
"""

import time
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from celery import Task
from kombu.utils.json import dumps
from sqlalchemy import JSON, BigInteger, Column, Connection, Engine, Integer, MetaData, String, Table, Text, insert

from celery_platform.guards.whole_second_delay import whole_seconds
from celery_platform.refusals.delay import refuse_a_delay_beyond_the_bound
from celery_platform.refusals.size import refuse_a_larger_message

# Among the headers of a row, so that tables made before it need no other column: when the task is due.
ETA = "eta"
metadata = MetaData()
outbox = Table(
    "outbox",
    metadata,
    # SQLite counts only an INTEGER key up by itself.
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("task_id", String(255), nullable=False, unique=True),
    Column("task", String(255), nullable=False),
    Column("args", JSON, nullable=False),
    Column("kwargs", JSON, nullable=False),
    Column("headers", JSON, nullable=False),
)
# Tasks that can never be sent as they are, for a person to inspect: in `outbox` they would hold up those behind them.
refused = Table(
    "outbox_refused",
    metadata,
    Column("task_id", String(255), primary_key=True),
    Column("task", String(255), nullable=False),
    Column("args", JSON, nullable=False),
    Column("kwargs", JSON, nullable=False),
    Column("reason", Text, nullable=False),
)


def prepare(engine: Engine) -> None:
    """Make the table where it is missing; producers and relays call it once, at their start."""
    metadata.create_all(engine)


def enqueue(
    connection: Connection,
    task: Task[Any, Any],
    args: Sequence[Any] = (),
    kwargs: Mapping[str, Any] | None = None,
    *,
    task_id: str | None = None,
    countdown: float | None = None,
    eta: datetime | None = None,
) -> str:
    """Send `task` when the transaction of `connection` commits; returns the task's id, which stays the same.

    `countdown` (seconds from now) and `eta` are as in `apply_async`, however long.

    Raises:
        TypeError: the task does not take these arguments.
        RefusedMessageError: the broker takes no message as large as these arguments, or the delay is too long.
        IntegrityError: a task with this id is waiting to be sent.

    Example:
        with engine.begin() as connection:
            connection.execute(insert(orders).values(...))
            enqueue(connection, ship, ("order-1",), task_id="ship-order-1")
    """
    named = dict(kwargs or {})
    task.__header__(*args, **named)  # type: ignore[attr-defined] # Celery's own check of arguments at sending
    refuse_a_larger_message(task.app.conf.broker_transport_options, len(dumps([args, named])))
    task_id = task_id or uuid.uuid4().hex
    # The deadline of a task counts from the moment in which it was asked for, not from its relay.
    headers: dict[str, Any] = {"sent_at": time.time()}
    delay = whole_seconds(countdown, eta, task.app.timezone)
    refuse_a_delay_beyond_the_bound(str(task.name), delay)
    if delay is not None:
        headers[ETA] = (datetime.now(UTC) + timedelta(seconds=delay)).isoformat()
    row = {"task_id": task_id, "task": task.name, "args": list(args), "kwargs": named, "headers": headers}
    connection.execute(insert(outbox).values(row))
    return task_id
