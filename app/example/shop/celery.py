"""The shop's Celery app. Importing it reads no file and opens no connection.

Example: `from shop.tasks.payments import charge_customer; charge_customer.delay("order-1", 1999, "EUR")`
"""

from celery import Celery
from celery_platform import attach

celery = attach(
    Celery(
        "shop",
        include=[f"shop.tasks.{module}" for module in ("thumbnails", "payments", "metrics", "email", "report")],
        set_as_current=True,
    )
)
# Only the parts of a chord need results. The outcome of all other tasks is in the orders.
celery.conf.task_ignore_result = True
