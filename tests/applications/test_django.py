"""A Django project as people have it, on each broker: the steps in which bringing one in used to fail."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest

from .estate import HERE, Application, Estate, eventually
from .web import Web, web

PROJECT = HERE / "django_project"
SETUP = """
import django
django.setup()
from orders.models import Event, Order
from orders import tasks as orders
from mail import tasks as mail
from reports import tasks as reports
from celery import chain, chord, group
for module in ("Event", "Order", "orders", "mail", "reports", "chain", "chord", "group"):
    pass
"""
NAMES = SETUP.replace("import django\ndjango.setup()\n", "")
SIGNING_KEY = "signing-key-of-production"


@dataclass(frozen=True)
class Site:
    """The project in its environment, with a worker and a web process that run."""

    application: Application
    migrated: subprocess.CompletedProcess[str]
    web: Web

    def call(self, code: str) -> Any:
        """Run code in the web process, where the project's modules are imported."""
        return self.web.call(f"{NAMES}\n{code}")

    def events(self, name: str, detail: str) -> int:
        """How often something happened."""
        return int(str(self.call(f"answer = Event.objects.filter(name={name!r}, detail={detail!r}).count()")))

    def happens(self, name: str, detail: str, seconds: float = 30) -> None:
        """Wait until it has happened."""
        eventually(lambda: self.events(name, detail), f"{name} of {detail}", seconds)


@pytest.fixture(
    scope="module",
    params=["rabbitmq", *(pytest.param(kind, marks=pytest.mark.slow) for kind in ("amazon_mq", "sqs", "redis"))],
)
def site(request: pytest.FixtureRequest, estate: Estate, postgresql: str) -> Iterator[Site]:
    """Each broker in turn."""
    database = f"django_{request.param}"
    with psycopg.connect(postgresql, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{database}"')
    url = postgresql.rpartition("/")[0].replace("app@", "app:p%40ss@") + f"/{database}"
    environment = estate.environment("django", request.param, {"database_url": url, "signing_key": SIGNING_KEY})
    application = Application(environment, PROJECT)
    migrated = application.run(*environment.resolved["application"]["release"])
    with environment.worker("main"), web(application, SETUP) as process:
        yield Site(application, migrated, process)


def test_01_its_own_unit_tests_run_without_any_environment() -> None:
    variables = {name: value for name, value in os.environ.items() if not name.startswith(("CELERY_", "AWS_"))}
    for command in (["-m", "pytest", "-q", "-p", "no:cacheprovider"], ["manage.py", "test"]):
        run = subprocess.run(
            [sys.executable, *command], cwd=PROJECT, env=variables, capture_output=True, text=True, timeout=120,
            check=False,
        )  # fmt: skip
        assert run.returncode == 0, run.stdout + run.stderr
        assert "4 passed" in run.stdout or "Ran 4 tests" in run.stderr


def test_02_the_release_command_migrates_the_database(site: Site) -> None:
    assert site.migrated.returncode == 0, site.migrated.stdout
    assert "Applying orders.0001_initial... OK" in site.migrated.stdout


def test_03_processes_get_variables_and_secrets_from_the_environment_file_alone(site: Site) -> None:
    seen = site.call(
        "import os; from django.conf import settings\n"
        "answer = [os.environ['DJANGO_SETTINGS_MODULE'], settings.SECRET_KEY,"
        " settings.DATABASES['default']['PASSWORD'],"
        " oct(os.stat(os.environ['SIGNING_KEY_FILE']).st_mode)[-3:]]"
    )
    assert seen == ["mysite.production", SIGNING_KEY, "p@ss", "400"]


def test_04_a_shared_task_uses_the_orm(site: Site) -> None:
    assert site.call("answer = orders.create_order.delay('first', 1999).get(timeout=30)") == "first"
    assert site.call("answer = Order.objects.get(number='first').cents") == 1999


def test_05_autoretry_for_counts_as_the_task_says(site: Site) -> None:
    assert site.call("answer = orders.ship_order.delay('auto', failures=2).get(timeout=30)") == 2
    assert site.events("ship", "auto") == 3


def test_06_retries_come_after_the_delays_that_the_task_says(site: Site) -> None:
    begun = time.monotonic()
    assert site.call("answer = orders.collect_payment.delay('own', [1, 2]).get(timeout=30)") == [1, 2]
    assert time.monotonic() - begun >= 3
    assert site.events("collect", "own") == 3


def test_07_a_chain_passes_results_on(site: Site) -> None:
    code = "answer = chain(orders.create_order.s('chained', 1), orders.ship_order.s()).delay().get(timeout=30)"
    assert site.call(code) == 0
    assert site.call("answer = Order.objects.get(number='chained').state") == "shipped"


def test_08_a_group_returns_every_result(site: Site) -> None:
    code = "answer = group(orders.total.s([number]) for number in range(5)).delay().get(timeout=30)"
    assert site.call(code) == [0, 1, 2, 3, 4]


def test_09_a_chord_runs_its_body_with_every_result(site: Site) -> None:
    code = "answer = chord([orders.total.s([number]) for number in range(5)])(orders.total.s()).get(timeout=30)"
    assert site.call(code) == 10


def test_10_a_countdown_of_seconds_is_waited_for(site: Site) -> None:
    begun = time.monotonic()
    site.call("mail.remind.apply_async(['seconds'], countdown=3)")
    site.happens("reminder", "seconds")
    assert time.monotonic() - begun >= 3


def test_11_a_countdown_of_an_hour_is_kept_in_the_durable_schedule(site: Site) -> None:
    task_id = site.call("answer = mail.remind.apply_async(['hour'], countdown=3600).id")
    assert task_id in kept(site)
    assert site.events("reminder", "hour") == 0


def test_12_an_eta_of_tomorrow_is_kept_in_the_durable_schedule(site: Site) -> None:
    task_id = site.call(
        "from datetime import timedelta; from django.utils import timezone\n"
        "answer = mail.remind.apply_async(['tomorrow'], eta=timezone.now() + timedelta(days=1)).id"
    )
    assert task_id in kept(site)
    assert site.application.platform("schedule", "cancel", str(task_id), "--yes").returncode == 0
    assert task_id not in kept(site)


def kept(site: Site) -> list[str]:
    """The ids of the tasks in the durable schedule."""
    listed = site.application.platform("schedule", "list", "--json")
    assert listed.returncode == 0, listed.stdout
    return [word for entry in json.loads(listed.stdout)["kept"] for word in entry.values() if isinstance(word, str)]


def test_13_a_rate_limit_is_kept(site: Site) -> None:
    begun = time.monotonic()
    code = "answer = group(mail.send_mail.s(f'{number}@example.com') for number in range(4)).delay().get(timeout=60)"
    assert len(site.call(code)) == 4
    assert time.monotonic() - begun >= 3, "60/m is one a second"


def test_14_beat_sends_the_schedule_of_the_settings(site: Site) -> None:
    with site.application.beat():
        site.happens("nightly", "beat", 60)


def test_15_task_routes_of_the_settings_name_queues_by_label(site: Site) -> None:
    ran = site.call("answer = reports.build_report.delay('routed').get(timeout=30)")
    assert str(ran["queue"]).endswith("slow")


def test_16_a_call_names_a_queue_by_label(site: Site) -> None:
    ran = site.call("answer = orders.create_order.apply_async(['asked', 1], queue='slow').get(timeout=30)")
    assert ran == "asked"
    eventually(lambda: queues(site, "orders.tasks.create_order") == {"default", "slow"}, "the line of the worker")


def queues(site: Site, task: str) -> set[str]:
    """The queues that a task's messages came from, by the worker's log."""
    logs = "".join(log.read_text() for log in site.application.environment.folder.glob("worker-*.log"))
    ends = [json.loads(line) for line in logs.splitlines() if line.startswith("{")]
    return {end["queue"] for end in ends if end.get("task_name") == task and end.get("queue")}


def test_17_a_time_limit_that_the_queue_allows_is_the_tasks(site: Site) -> None:
    code = "answer = reports.build_report.apply_async(['limit'], time_limit=900).get(timeout=30)"
    assert site.call(code)["time_limit"] == 900


def test_18_a_result_is_asked_for_by_id_whether_success_or_failure(site: Site) -> None:
    state = site.call(
        "from celery.result import AsyncResult\n"
        "good = orders.total.delay([1, 2]); bad = reports.build_report.delay('none', fails=True)\n"
        "answer = [AsyncResult(good.id).get(timeout=30)]\n"
        "try: AsyncResult(bad.id).get(timeout=30)\n"
        "except ValueError as error: answer += [str(error), AsyncResult(bad.id).state]"
    )
    assert state == [3, "no data for none", "FAILURE"]


def test_19_delay_on_commit_sends_after_the_transaction_and_not_when_it_is_rolled_back(site: Site) -> None:
    site.call(
        "from django.db import transaction\n"
        "with transaction.atomic():\n"
        "    orders.create_order.delay_on_commit('committed', 1)\n"
        "    assert not Order.objects.filter(number='committed').exists()\n"
        "try:\n"
        "    with transaction.atomic():\n"
        "        orders.create_order.delay_on_commit('rolled back', 1)\n"
        "        raise KeyError\n"
        "except KeyError: pass"
    )
    found = "answer = Order.objects.filter(number={!r}).exists()"
    eventually(lambda: site.call(found.format("committed")), "the order")
    assert not site.call(found.format("rolled back"))


def test_20_an_own_task_base_and_request_class_go_on_working(site: Site) -> None:
    good, bad = site.call(
        "good, bad = reports.build_report.delay('audit'), reports.build_report.delay('audit', fails=True)\n"
        "good.get(timeout=30); bad.get(timeout=30, propagate=False)\n"
        "answer = [good.id, bad.id]"
    )
    assert site.events("audited", good) == 1
    site.happens("audited failure", bad)
    logs = "".join(log.read_text() for log in site.application.environment.folder.glob("worker-*.log"))
    assert f"audited request {good}" in logs


def test_21_signals_are_received(site: Site) -> None:
    task_id = site.call("result = orders.ship_order.delay('signal'); result.get(timeout=30); answer = result.id")
    site.happens("signal", str(task_id))


def test_a_task_that_fails_for_good_is_a_dead_letter(site: Site) -> None:
    task_id = site.call("result = reports.build_report.delay('dead', fails=True); answer = result.id")

    def letters() -> str:
        return str(site.application.platform("dlq", "list", "--queue", "slow", "--json").stdout)

    eventually(lambda: task_id in letters(), "the dead letter")
