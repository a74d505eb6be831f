"""How full the outbox is, asked so that a table of millions of rows costs no more than one of ten thousand."""

import time

from sqlalchemy import Column, Connection, Engine, func, select

from celery_platform.observability.outbox_report import OutboxReport
from celery_platform.outbox.table import SENT_AT, outbox, refused

# More rows are not counted: PostgreSQL counts by walking through them.
MOST_COUNTED = 10_000


def read_outbox(engine: Engine) -> OutboxReport:
    """Read both tables by their primary keys: at most `MOST_COUNTED` entries of each, and the oldest row.

    Raises:
        DBAPIError: the database is away, or the tables do not exist yet.
    """
    first = select(outbox.c.headers).order_by(outbox.c.number).limit(1)
    with engine.connect() as connection:
        oldest = connection.execute(first).scalar_one_or_none()
        waiting, set_aside = _counted(connection, outbox.c.number), _counted(connection, refused.c.task_id)
    now = time.time()
    # The clocks of producers and relays differ by a little.
    waited = 0.0 if oldest is None else max(0.0, now - oldest.get(SENT_AT, now))
    return OutboxReport(now, waiting, waited, set_aside)


def _counted(connection: Connection, key: "Column[int] | Column[str]") -> int:
    # In the order of its index: a scan of the table would read the pages of the rows that were deleted, too.
    few = select(key).order_by(key).limit(MOST_COUNTED).subquery()
    return int(connection.execute(select(func.count()).select_from(few)).scalar_one())
