"""A minimal Celery app on the platform's transports: one queue of orders, whose effects are counted in SQLite."""

import os
import sqlite3
import threading
from pathlib import Path

from celery import Celery
from celery_platform.brokers.interface import CONNECT_TIMEOUT_SECONDS, HEARTBEAT_CHECKS, HEARTBEAT_SECONDS
from celery_platform.brokers.rabbitmq.tls import amqp_tls
from celery_platform.transports import registration
from kombu import Exchange, Queue

registration.install()

URLS = os.environ["SHOP_BROKER"]
STORE = Path(os.environ["SHOP_STORE"])
KIND = os.environ.get("SHOP_QUEUE_TYPE", "quorum")

orders = Celery("orders", broker=URLS, set_as_current=True)
orders.conf.update(
    amqp_tls(URLS, Path(os.environ["SHOP_CA"]).read_text()),
    broker_connection_timeout=CONNECT_TIMEOUT_SECONDS,
    broker_heartbeat=HEARTBEAT_SECONDS,
    broker_heartbeat_checkrate=HEARTBEAT_CHECKS,
    broker_transport_options={"confirm_publish": True},
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    worker_consumer="celery_platform.guards.delayed_delivery_once:Consumer",
    worker_prefetch_multiplier=8,
    task_acks_late=True,
    task_ignore_result=True,
    task_default_queue="orders",
    task_default_queue_type=KIND,
    broker_native_delayed_delivery_queue_type=KIND,
    task_queues=[
        Queue("orders", Exchange("orders", type="topic"), routing_key="orders", queue_arguments={"x-queue-type": KIND})
    ],
    task_default_exchange="orders",
    task_default_exchange_type="topic",
    task_default_routing_key="orders",
)


_of_this_thread = threading.local()


def store() -> sqlite3.Connection:
    """The database of deliveries and effects. Every thread opens its own connection."""
    if not hasattr(_of_this_thread, "store"):
        _of_this_thread.store = sqlite3.connect(STORE, timeout=30, isolation_level=None)
        _of_this_thread.store.executescript(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;"
            "CREATE TABLE IF NOT EXISTS deliveries (id TEXT); CREATE TABLE IF NOT EXISTS effects (id TEXT PRIMARY KEY);"
        )
    opened: sqlite3.Connection = _of_this_thread.store
    return opened


@orders.task(name="orders.order")
def order(order_id: str) -> None:
    """Make one effect for an order, however often it is delivered. Deliveries are counted for the report."""
    store().execute("INSERT INTO deliveries VALUES (?)", (order_id,))
    store().execute("INSERT OR IGNORE INTO effects VALUES (?)", (order_id,))
