"""The outage of a SQL database as what it is to a task: not its failure."""

from collections.abc import Iterator
from contextlib import contextmanager

from celery_platform.reliability.errors import StoreAwayError

# What drivers raise for a database that is away, that starts or stops, or whose locks are held (PEP 249): SQLAlchemy
# gives these names to the errors of all of them. SQLite has the same name for a table that is missing.
_DEFECT = "no such"


@contextmanager
def sql_away() -> Iterator[None]:
    """Within, the outage of a database is raised as `StoreAwayError`; other errors are SQLAlchemy's.

    Example: `with sql_away(), engine.connect() as connection: ...`
    """
    from sqlalchemy.exc import InterfaceError, OperationalError

    try:
        yield
    except (OperationalError, InterfaceError) as error:
        if _DEFECT in str(error.orig):
            raise
        raise StoreAwayError(f"the database is away: {error.orig}") from error
