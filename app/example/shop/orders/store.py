"""Which store keeps this process's orders."""

from functools import lru_cache

from celery_platform.database import database
from celery_platform.reliability.valkey import valkey
from celery_platform.settings import runtime

from shop.orders.order import Orders
from shop.orders.valkey import ValkeyOrders


@lru_cache(maxsize=1)
def orders() -> Orders:
    """The application's database where CELERY_DATABASE_URL names one, Valkey otherwise.

    Raises:
        SettingsError: the variable names no database that can be used.
    """
    engine = database()
    if engine is None:
        return ValkeyOrders(valkey(), runtime().environment.prefix)
    from shop.orders.sql import SqlOrders

    return SqlOrders(engine)
