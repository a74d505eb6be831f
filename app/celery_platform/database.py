"""The application's own database, where it has one: the platform makes none."""

import os
from functools import lru_cache
from typing import TYPE_CHECKING

from celery_platform.errors import SettingsError

if TYPE_CHECKING:
    from sqlalchemy import Engine

VARIABLE = "CELERY_DATABASE_URL"
DRIVERS = ("sqlite", "postgresql+psycopg")
# A row is locked for a moment only: one that is locked for longer is somebody's mistake, and must not hold a worker.
LOCK_TIMEOUT_SECONDS = 5


@lru_cache(maxsize=1)
def database() -> "Engine | None":
    """The engine of CELERY_DATABASE_URL; `None` where that is not set.

    The URL is SQLAlchemy's: `sqlite:////var/lib/app.db` for one host, `postgresql+psycopg://...` for many.

    Raises:
        SettingsError: it is neither.
    """
    url = os.environ.get(VARIABLE)
    if not url:
        return None
    driver = url.partition(":")[0]
    if driver not in DRIVERS:
        raise SettingsError(
            expected=f"{VARIABLE} to start with one of: {', '.join(DRIVERS)}",
            found=repr(driver),
            remedy="Name the database as SQLAlchemy does, or leave the variable out to keep orders in Valkey.",
        )
    return connect(url)


def connect(url: str) -> "Engine":
    """An engine whose connections wait for a lock for a moment only, and are replaced when they died."""
    from sqlalchemy import create_engine, event  # takes a quarter of a second, which most processes need not spend

    if url.startswith("sqlite"):
        engine = create_engine(url, connect_args={"timeout": LOCK_TIMEOUT_SECONDS})
        event.listen(engine, "connect", _write_ahead)
        return engine
    options = f"-c lock_timeout={LOCK_TIMEOUT_SECONDS}s -c statement_timeout=10s"
    return create_engine(url, pool_pre_ping=True, connect_args={"options": options, "connect_timeout": 5})


def _write_ahead(connection: object, _record: object) -> None:
    """SQLite readers go on while one writes."""
    cursor = connection.cursor()  # type: ignore[attr-defined]
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.close()
