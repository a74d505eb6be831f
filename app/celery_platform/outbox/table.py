"""The outbox table: a task is inserted in the same transaction as the change that causes it.

Publishing within the transaction would send tasks for changes that are rolled back. Publishing after the commit would
lose tasks if the process dies in between. Celery's own guide recommends an outbox for this reason (celery#10271).
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
from celery_platform.refusals.size import in_base64, is_packed, refuse_a_larger_message
from celery_platform.refusals.typed_values import JSON as JSON_TYPE
from celery_platform.refusals.typed_values import refuse_values_that_no_worker_reads

# When the task is due. It is kept in a row's headers, so that existing tables need no new column.
ETA = "eta"
# When it was enqueued: its deadline counts from then, not from the time at which it is relayed.
SENT_AT = "sent_at"
# Of a message's headers, which with some brokers count towards its size: argsrepr and kwargsrepr have 1,024 each.
HEADERS_BYTES = 4 * 1024
metadata = MetaData()
outbox = Table(
    "outbox",
    metadata,
    # SQLite auto-increments only INTEGER keys.
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("task_id", String(255), nullable=False, unique=True),
    Column("task", String(255), nullable=False),
    Column("args", JSON, nullable=False),
    Column("kwargs", JSON, nullable=False),
    Column("headers", JSON, nullable=False),
)
# Tasks that can never be sent, for a person to inspect. In `outbox`, they would block the tasks behind them.
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
    """Create missing tables. Producers and relays call it once, when they start."""
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
    """Send `task` if the transaction of `connection` commits, and return the task's id, which is already final.

    `countdown` (seconds from now) and `eta` work as in `apply_async`, for delays of any length.

    Raises:
        TypeError: the arguments do not match the task's signature.
        RefusedMessageError: the arguments are too large for a message of the broker, or the delay is too long.
        IntegrityError: a task with this id is already waiting in the outbox.

    Example:
        with engine.begin() as connection:
            connection.execute(insert(orders).values(...))
            enqueue(connection, ship, ("order-1",), task_id="ship-order-1")
    """
    named = dict(kwargs or {})
    task.__header__(*args, **named)  # type: ignore[attr-defined] # Celery's own check of arguments at sending
    text = dumps([args, named])
    refuse_values_that_no_worker_reads(str(task.name), text, JSON_TYPE)
    size = len(text)
    if is_packed(task.app.connection_for_write().transport):
        size = in_base64(size) + HEADERS_BYTES
    refuse_a_larger_message(task.app.conf.broker_transport_options, size)
    task_id = task_id or uuid.uuid4().hex
    headers: dict[str, Any] = {SENT_AT: time.time()}
    delay = whole_seconds(countdown, eta, task.app.timezone)
    refuse_a_delay_beyond_the_bound(str(task.name), delay)
    if delay is not None:
        headers[ETA] = (datetime.now(UTC) + timedelta(seconds=delay)).isoformat()
    row = {"task_id": task_id, "task": task.name, "args": list(args), "kwargs": named, "headers": headers}
    connection.execute(insert(outbox).values(row))
    return task_id
