"""The project's own unit tests: eager, on SQLite, with no environment."""

import os

import django
from django.test import TestCase, override_settings
from django.test.utils import setup_databases, teardown_databases

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mysite.settings")
django.setup()

from mysite.celery import app  # noqa: E402

from orders.models import Order  # noqa: E402
from orders.tasks import create_order, ship_order  # noqa: E402

_made = []


def setup_module() -> None:
    """Only pytest calls it; Django's runner has made the database."""
    _made.extend(setup_databases(verbosity=0, interactive=False))


def teardown_module() -> None:
    teardown_databases(_made, verbosity=0)


@override_settings(CELERY_TASK_ALWAYS_EAGER=True)
class TasksOfOrders(TestCase):
    """Run in this process."""

    def setUp(self) -> None:
        app.conf.task_always_eager = True

    def test_an_order_is_created(self) -> None:
        assert create_order.delay("one", 100).get() == "one"
        assert Order.objects.get(number="one").cents == 100

    def test_an_order_is_shipped_after_a_retry(self) -> None:
        create_order.delay("two", 100)
        assert ship_order.delay("two", failures=1).get() == 1
        assert Order.objects.get(number="two").state == "shipped"

    def test_a_task_is_sent_when_the_transaction_is_committed(self) -> None:
        with self.captureOnCommitCallbacks(execute=True):
            create_order.delay_on_commit("three", 1)
            assert not Order.objects.filter(number="three").exists()
        assert Order.objects.filter(number="three").exists()

    def test_a_plain_call_runs_the_function(self) -> None:
        assert create_order("four", 1) == "four"
