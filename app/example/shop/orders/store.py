"""The store of this process's orders."""

from functools import lru_cache

from celery_platform.database import database
from celery_platform.reliability.valkey import valkey
from celery_platform.settings import runtime

from shop.orders.order import Orders
from shop.orders.valkey import ValkeyOrders


@lru_cache(maxsize=1)
def orders() -> Orders:
    """The application's database if CELERY_DATABASE_URL is set, otherwise Valkey.

    Raises:
        SettingsError: the database in the variable cannot be used.
    """
    engine = database()
    if engine is None:
        return ValkeyOrders(valkey(), runtime().environment.prefix)
    from shop.orders.sql import SqlOrders

    return SqlOrders(engine)
