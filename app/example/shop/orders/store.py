"""Which store keeps this process's orders."""

from functools import lru_cache

from app.orders.order import Orders
from app.orders.valkey import ValkeyOrders
from app.reliability.valkey import valkey
from app.services.database import database
from app.settings import runtime


@lru_cache(maxsize=1)
def orders() -> Orders:
    """The application's database where CELERY_DATABASE_URL names one, Valkey otherwise.

    Raises:
        SettingsError: the variable names no database that can be used.
    """
    engine = database()
    if engine is None:
        return ValkeyOrders(valkey(), runtime().environment.prefix)
    from app.orders.sql import SqlOrders

    return SqlOrders(engine)
