"""A worker with concurrent tasks in one process does not start without a thread-safe result backend."""

from types import SimpleNamespace

import pytest
from celery_platform.errors import SettingsError
from celery_platform.worker.result_backend import refuse_an_unsafe_backend

from tests.harness.environment import TestEnvironment

START = """
from exercises.celery import celery
from celery_platform.errors import SettingsError
celery.conf.result_backend_thread_safe = False
from celery_platform.worker.start import start_worker
try: start_worker("io")
except SettingsError as error: print(error)
"""


@pytest.mark.parametrize("pool", ["gevent", "threads", "asyncio"])
def test_an_unsafe_backend_is_refused(pool: str) -> None:
    refuse_an_unsafe_backend(pool, SimpleNamespace(result_backend_thread_safe=True))

    with pytest.raises(SettingsError, match=f"result_backend_thread_safe for a pool of type {pool}; found False"):
        refuse_an_unsafe_backend(pool, SimpleNamespace(result_backend_thread_safe=False))


def test_the_worker_does_not_start(sqs: TestEnvironment) -> None:
    assert sqs.python(START).startswith("expected result_backend_thread_safe for a pool of type threads")
