"""The Celery app of the tests, created like any application.

Example: `from exercises.effects import record; record.delay("entry-1")`
"""

from celery import Celery
from celery_platform import attach

MODULES = ("children", "coroutines", "default", "effects", "endings", "nightly", "probe", "quick", "slow")

celery = attach(Celery("exercises", include=[f"exercises.{module}" for module in MODULES], set_as_current=True))
celery.conf.task_ignore_result = True  # so that a test that needs a result has to say so
