"""Claims in a SQL database: a row for each key, written by one statement under the database's own row lock.

This store is for an effect that is itself a row of that database: `finish` on the effect's connection commits both or
neither, which no other store can guarantee. SQLite serves one host, PostgreSQL many.
"""

import time
import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Engine,
    MetaData,
    String,
    Table,
    Text,
    case,
    cast,
    delete,
    func,
    literal,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from celery_platform.reliability.claims.claim import Claim, State
from celery_platform.reliability.sql_away import sql_away

MICROSECONDS = 1_000_000
INSERTS: Mapping[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}

metadata = MetaData()
# `until`: when the lease of a pending key ends, or when a done key is removed, in microseconds since 1970.
claims = Table(
    "claims",
    metadata,
    Column("key", String(255), primary_key=True),
    Column("state", String(7), nullable=False),
    Column("owner", String(32), nullable=False),
    Column("token", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False, index=True),
    Column("result", Text, nullable=False),
)


class SqlClaims:
    """Claims in the table `claims`; `metadata.create_all(engine)` makes it.

    Example: `SqlClaims(create_engine("sqlite:///claims.db")).claim("order-1", lease_seconds=30)`
    """

    def __init__(self, engine: Engine) -> None:
        # Each statement is a transaction of its own: one round trip, and no lock is held while the effect happens.
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")

    def claim(self, key: str, *, lease_seconds: float) -> Claim:
        """Claim as in `ClaimStore`, by one upsert, which waits for a row lock and then takes the key if it is free."""
        now, owner = self._now(), uuid.uuid4().hex
        until = now + int(lease_seconds * MICROSECONDS)
        insert = INSERTS[self._engine.dialect.name](claims)
        fresh = insert.values(key=key, state="pending", owner=owner, token=now, until=until, result="null")
        free, new = claims.c.until <= now, fresh.excluded
        following = claims.c.token + 1
        taken_over: dict[str, ColumnElement[Any]] = {
            "state": new.state,
            "owner": new.owner,
            "token": case((new.token > following, new.token), else_=following),
            "until": new.until,
            "result": new.result,
        }
        statement = fresh.on_conflict_do_update(
            index_elements=[claims.c.key],
            set_={name: case((free, value), else_=claims.c[name]) for name, value in taken_over.items()},
        ).returning(*claims.c, (claims.c.until - now).label("left"))
        with sql_away(), self._engine.connect() as connection:
            row = connection.execute(statement).one()
        if row.owner == owner:
            return Claim(key, State.OURS, token=row.token)
        if row.state == "done":
            return Claim(key, State.DONE, result=row.result)
        # For SQLite the time was read before it waited for the lock; PostgreSQL reads its clock afterwards.
        waited = self._now() - now if isinstance(now, int) else 0
        return Claim(key, State.TAKEN, lease_left=max(0, row.left - waited) / MICROSECONDS)

    def look(self, key: str) -> State | None:
        """Look as in `ClaimStore`."""
        statement = select(claims.c.state).where(claims.c.key == key, claims.c.until > self._now())
        with sql_away(), self._engine.connect() as connection:
            state = connection.execute(statement).scalar()
        if state is None:
            return None
        return State.DONE if state == "done" else State.TAKEN

    def finish(self, claim: Claim, result: str, *, keep_seconds: float, connection: Connection | None = None) -> bool:
        """Finish as in `ClaimStore`; with `connection`, in the transaction that writes the effect's own rows."""
        now = self._now()
        still_ours = (claims.c.token == claim.token) | (claims.c.until <= now)
        statement = (
            update(claims)
            .where(claims.c.key == claim.key, claims.c.state == "pending", still_ours)
            .values(state="done", until=now + int(keep_seconds * MICROSECONDS), result=result)
        )
        if connection is not None:
            with sql_away():
                return connection.execute(statement).rowcount == 1
        with sql_away(), self._engine.connect() as own:
            return own.execute(statement).rowcount == 1

    def give_up(self, claim: Claim) -> None:
        """Give up as in `ClaimStore`. The row stays, so that the next token is larger."""
        ours = claims.c.key == claim.key, claims.c.token == claim.token, claims.c.state == "pending"
        with sql_away(), self._engine.connect() as connection:
            connection.execute(update(claims).where(*ours).values(until=0))

    def forget(self) -> int:
        """Remove expired keys; returns how many. Call it daily, because the table does not shrink by itself."""
        with self._engine.connect() as connection:
            return int(connection.execute(delete(claims).where(claims.c.until <= self._now())).rowcount)

    def _now(self) -> Any:
        """Return microseconds since 1970 on the database's clock, so that workers' clocks need not agree."""
        if self._engine.dialect.name == "postgresql":
            return cast(func.extract("epoch", func.clock_timestamp()) * literal(MICROSECONDS), BigInteger)
        return time.time_ns() // 1000  # SQLite uses the clock of its process, on the one host that it serves
