"""The Django project from `cp -r` to tasks that ran, on hosts and in pods of the local environment, with PostgreSQL."""

import json
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import psycopg
import pytest
from celery_platform.application.secret_files import PREFIX
from celery_platform.environment.account import account_variables

from tests.harness.removal import removed_at_the_end

from .adoption import PROJECT, Checkout, adopt, cloned
from .estate import eventually
from .machines import Machine, any_is_there, machines

pytestmark = [pytest.mark.path, pytest.mark.slow, pytest.mark.timeout(2400)]

NAMES = "from orders import tasks as orders; from mail import tasks as mail; from reports import tasks as reports\n"
STEPS = (("make", "setup"), ("make", "lock"), ("make", "render"), ("make", "up"))
# The folder of a unit that systemd made, or a volume of a pod that is memory (`run` and `memory` in the chart).
IN_MEMORY = rf"/(run/celery(-[^/]+)?|dev/shm)/{PREFIX}"
# Where a person wrote the database's password down, and what the database's own container was given.
WRITTEN_BY_HAND = {"environments/local/services.yml", ".state/local/outside/processes.json"}


@pytest.fixture(scope="module")
def site() -> Iterator[Checkout]:
    """A clone in which the project was put, after `make setup lock render up`."""
    if any_is_there():
        pytest.fail("the local environment is up: run `make down` in its checkout first")
    with tempfile.TemporaryDirectory(prefix="mysite-") as folder:
        checkout = cloned(Path(folder))
        adopt(checkout)
        with removed_at_the_end(["make", "down"], cwd=checkout.folder, variables=checkout.shell):
            for step in STEPS:
                checkout.step(*step, seconds=1500)
            yield checkout


@pytest.fixture(scope="module")
def hosts(site: Checkout) -> list[Machine]:  # noqa: ARG001 - they are its
    """Of the pool cpu."""
    return machines("worker-cpu")


@pytest.fixture(scope="module")
def pods(site: Checkout) -> list[Machine]:  # noqa: ARG001 - they are its
    """Of the pool io, and of beat."""
    workers, beats = machines("worker-io"), machines("beat")
    assert workers
    assert len(beats) == 2
    return [*workers, *beats]


def rows(site: Checkout, query: str, *values: object) -> list[tuple[Any, ...]]:
    """What the database holds."""
    with psycopg.connect(site.database_url) as connection:
        return connection.execute(query.encode(), values).fetchall()


def happened(site: Checkout, name: str, detail: str) -> int:
    """How often."""
    query = "SELECT count(*) FROM orders_event WHERE name = %s AND detail = %s"
    return int(rows(site, query, name, detail)[0][0])


def test_the_first_own_task_runs_within_half_an_hour_of_the_clone(
    site: Checkout, record_property: Callable[[str, object], None]
) -> None:
    site.step("app", "send", "--env", "local", "create_order", '["first", 1999]')
    eventually(lambda: rows(site, "SELECT cents FROM orders_order WHERE number = 'first'") == [(1999,)], "the order")

    for step, seconds in site.seconds.items():
        record_property(step, round(seconds))
    assert sum(site.seconds.values()) < 1800, site.seconds


def test_an_adoption_changes_its_own_folder_and_the_environments_alone(site: Checkout) -> None:
    site.succeed("git", "add", "-A")
    changed = site.succeed("git", "diff", "--cached", "--name-only").splitlines()

    theirs = (f"{PROJECT}/", "environments/")
    assert [name for name in changed if not name.startswith(theirs)] == []
    assert f"{PROJECT}/requirements.lock" in changed


def test_the_project_ships_and_the_environment_is_valid(site: Checkout) -> None:
    assert "environments/local/environment.yml is valid" in site.succeed("make", "validate")


def test_the_release_command_runs_once_for_all_hosts_before_any_worker_starts(hosts: list[Machine]) -> None:
    assert len(hosts) == 2
    released = [moment for host in hosts if (moment := host.first("Started celery-release-"))]
    started = [host.first("Started celery-worker@") for host in hosts]

    assert len(released) == 1
    assert all(moment and moment > released[0] for moment in started)


def test_each_migration_is_applied_once_and_before_any_pod_starts(site: Checkout, pods: list[Machine]) -> None:
    ((applied,),) = rows(site, "SELECT applied FROM django_migrations WHERE app = 'orders'")

    assert all(pod.began > applied for pod in pods)


def test_tasks_sent_by_hand_write_to_the_database_from_both_pools(
    site: Checkout, hosts: list[Machine], pods: list[Machine]
) -> None:
    for task, arguments in (("create_order", '["by hand", 5]'), ("build_report", '["by hand"]')):
        site.succeed("app", "send", "--env", "local", task, arguments)
    eventually(lambda: rows(site, "SELECT cents FROM orders_order WHERE number = 'by hand'") == [(5,)], "the order")
    eventually(lambda: happened(site, "report", "by hand") == 1, "the report")

    assert ran_on(pods) >= {"orders.tasks.create_order"}
    assert ran_on(hosts) == {"reports.tasks.build_report"}


def ran_on(where: list[Machine]) -> set[str]:
    """The tasks that ended there, by the lines of their workers."""
    lines = "\n".join(machine.log() for machine in where).splitlines()
    ends = [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]
    return {end["task_name"] for end in ends if end.get("task_name") and end.get("queue")}


def test_results_come_back_from_both_pools(site: Checkout) -> None:
    answer = site.python(
        f"{NAMES}import json; from celery import chain, chord\n"
        "chained = chain(orders.create_order.s('chained', 1), orders.ship_order.s(failures=1)).delay()\n"
        "joined = chord([orders.total.s([1, 2]), reports.build_report.s('joined')], orders.total.si([3, 4])).delay()\n"
        "failed = reports.build_report.delay('none', fails=True)\n"
        "reason = repr(failed.get(timeout=60, propagate=False))\n"
        "print(json.dumps([chained.get(timeout=60), joined.get(timeout=60), reason, failed.state]))"
    )

    assert json.loads(answer) == [1, 7, "ValueError('no data for none')", "FAILURE"]
    assert rows(site, "SELECT state FROM orders_order WHERE number = 'chained'") == [("shipped",)]
    assert happened(site, "ship", "chained") == 2


def test_a_call_on_commit_is_sent_when_the_transaction_is(site: Checkout) -> None:
    site.python(
        f"{NAMES}from django.db import transaction\n"
        "with transaction.atomic(): orders.create_order.delay_on_commit('committed', 1)\n"
        "try:\n"
        "    with transaction.atomic(): orders.create_order.delay_on_commit('rolled back', 1); raise KeyError\n"
        "except KeyError: print('rolled back')"
    )

    eventually(lambda: rows(site, "SELECT 1 FROM orders_order WHERE number = 'committed'") == [(1,)], "the order")
    assert rows(site, "SELECT 1 FROM orders_order WHERE number = 'rolled back'") == []


def test_the_schedule_of_the_settings_is_sent_once_though_several_beats_run(site: Checkout) -> None:
    eventually(lambda: happened(site, "nightly", "beat") > 0, "the first turn", 60)
    before, begun = happened(site, "nightly", "beat"), time.monotonic()
    time.sleep(20)
    turns = (time.monotonic() - begun) / 2

    assert turns * 0.6 <= happened(site, "nightly", "beat") - before <= turns * 1.2 + 1


def test_what_fails_for_good_is_a_dead_letter_once_from_both_pools(site: Checkout) -> None:
    for task, arguments in (("ship_order", '["lost", 9]'), ("build_report", '["lost", true]')):
        site.succeed("app", "send", "--env", "local", task, arguments)

    def letters() -> list[str]:
        listed = json.loads(site.succeed("app", "dlq", "list", "--env", "local", "--json"))
        return sorted(f"{one['queue']} {one['task']}" for one in listed if "lost" in json.dumps(one))

    wanted = ["default orders.tasks.ship_order", "slow reports.tasks.build_report"]
    eventually(lambda: letters() == wanted, "two dead letters", 60)
    assert happened(site, "ship", "lost") == 4, "one try and the three retries of the task"


@pytest.fixture(scope="module")
def values(site: Checkout) -> dict[str, str]:
    """The secrets in the account, but the authority, most of which is its public certificate."""
    manager = boto3.Session(
        aws_access_key_id="000000000000", aws_secret_access_key="emulated", region_name="eu-west-1"
    ).client("secretsmanager", endpoint_url=account_variables("local", "eu-west-1")["AWS_ENDPOINT_URL"])
    resolved = json.loads((site.folder / "environments/local/resolved.json").read_text())
    names = {label: name for label, name in resolved["secrets"].items() if label != "broker_ca"}
    found = {label: manager.get_secret_value(SecretId=name)["SecretString"] for label, name in names.items()}
    assert found["database_url"] == site.database_url
    return found | {"database_url": site.password}


def test_a_secret_stands_in_no_file_of_a_host_or_pod_but_the_one_that_was_asked_for(
    values: dict[str, str], hosts: list[Machine], pods: list[Machine]
) -> None:
    others = "\n".join(value for label, value in values.items() if label != "signing_key")

    for machine in (*hosts, *pods):
        assert holding(machine, others) == [], machine.name
        found = holding(machine, values["signing_key"])
        assert found, f"no file of it on {machine.name}"
        assert all(re.match(IN_MEMORY, name) for name in found), f"{machine.name}: {found}"
        assert set(machine.do("stat", "--format=%a", *found).split()) == {"400"}


def holding(machine: Machine, texts: str) -> list[str]:
    """The files that have one of these lines in them; the journal and systemd's units are among those looked at."""
    words = ("--exclude-dir=proc", "--exclude-dir=sys", "--devices=skip", "--file=-", "/")
    return machine.do("grep", "-rlsF", *words, given=texts).splitlines()


def test_a_secret_stands_in_no_command_line_or_inherited_environment(
    values: dict[str, str], hosts: list[Machine], pods: list[Machine]
) -> None:
    look = "grep -lsaF -f - /proc/[0-9]*/environ /proc/[0-9]*/cmdline"

    for machine in (*hosts, *pods):
        assert "/environ" in machine.do("sh", "-c", look, given="CELERY_ENVIRONMENT_FILE="), machine.name
        assert machine.do("sh", "-c", look, given="\n".join(values.values())) == "", machine.name


def test_a_secret_stands_in_no_manifest_or_log(
    site: Checkout, values: dict[str, str], hosts: list[Machine], pods: list[Machine]
) -> None:
    texts = {machine.name: machine.described() + machine.log() for machine in (*hosts, *pods)} | site.said

    assert [(where, label) for where, text in texts.items() for label, value in values.items() if value in text] == []


def test_a_secret_stands_in_no_file_of_the_checkout_but_by_hand(site: Checkout, values: dict[str, str]) -> None:
    listed = site.run("grep", "-rlsF", "--exclude-dir=.venv", f"--regexp={values['database_url']}", ".").stdout
    assert {name.removeprefix("./") for name in listed.splitlines()} == WRITTEN_BY_HAND

    kept = site.run("grep", "-rlsF", "--exclude-dir=.venv", f"--regexp={values['signing_key']}", ".").stdout
    assert kept == ""


def test_down_leaves_nothing(site: Checkout) -> None:
    site.succeed("make", "down")

    assert not any_is_there()
    assert not (site.folder / ".state" / "local").exists()
