"""The relay of the outbox: it runs where the file says, and never without its database."""

import pytest
from celery_platform.environment import EnvironmentFileError, load, resolve
from celery_platform.environment.derived.security_rules import outbound

from .conftest import Edit

BUCKETS = "  buckets: [files]"
SECRET = f"  secrets: {{CELERY_DATABASE_URL: database_url}}\n{BUCKETS}"
ON_HOSTS = "outbox: {runs_on: hosts, calls: [database]}"


@pytest.fixture
def with_database(edit_prod: Edit) -> Edit:
    """Production whose application has a database with an outbox."""
    edit_prod(BUCKETS, SECRET)
    return edit_prod


def add(edit: Edit, outbox: str) -> None:
    edit("schedule:\n", f"{outbox}\nschedule:\n")


def with_sqlite(edit: Edit) -> None:
    edit(
        'variables: {EXERCISE: "yes"}',
        'variables: {EXERCISE: "yes", CELERY_DATABASE_URL: "sqlite:////var/lib/celery/a"}',
    )


def refusal() -> str:
    with pytest.raises(EnvironmentFileError) as refused:
        load("prod")
    return str(refused.value)


def test_two_relays_share_the_work_by_default(with_database: Edit) -> None:
    add(with_database, ON_HOSTS)

    relay = resolve(load("prod"))["processes"]["relay"]

    assert relay["hosts"] == ["celery-prod-worker-cpu-1", "celery-prod-worker-cpu-2"]
    assert (relay["arguments"], relay["component"], relay["has_heartbeat"]) == (["relay"], "relay", True)


def test_in_pods_it_has_a_role_that_sends_and_reads_the_databases_url(with_database: Edit) -> None:
    with_database("kind: rabbitmq\n", "kind: sqs\n")
    add(with_database, ON_HOSTS.replace("hosts", "eks"))

    role = resolve(load("prod"))["workloads"]["relay"]

    assert role["service_account"] == "celery/relay"
    assert "database_url" in role["secrets"]
    assert (role["sends"], role["receives"], role["buckets"]) == (("*",), (), {})


def test_the_machines_of_a_relay_reach_its_database(with_database: Edit) -> None:
    add(with_database, "outbox: {runs_on: hosts, replicas: 0}")
    without = outbound(load("prod"))["cpu"]
    with_database("replicas: 0", "calls: [database]")

    assert outbound(load("prod"))["cpu"] == without + 1


def test_a_file_of_sqlite_has_one_relay(edit_prod: Edit) -> None:
    with_sqlite(edit_prod)
    add(edit_prod, "outbox: {runs_on: hosts}")

    assert resolve(load("prod"))["processes"]["relay"]["hosts"] == ["celery-prod-worker-cpu-1"]


def test_a_relay_without_a_database_is_refused(edit_prod: Edit) -> None:
    add(edit_prod, ON_HOSTS)

    assert "outbox: found a relay without a database: no CELERY_DATABASE_URL" in refusal()


@pytest.mark.usefixtures("with_database")
def test_an_outbox_that_nobody_relays_is_refused() -> None:
    assert "application.secrets.CELERY_DATABASE_URL: found the database of an outbox without a relay" in refusal()


@pytest.mark.parametrize(
    ("outbox", "told"),
    [
        ("outbox: {runs_on: hosts}", "outbox.calls: found nothing; allowed: the one of `services`"),
        ("outbox: {runs_on: eks, calls: [databse]}", "outbox.calls: found 'databse'; allowed: one of"),
        ("outbox: {runs_on: hosts, calls: [database], replicas: 4}", "outbox.replicas: found 4; allowed: at most 3"),
        ("outbox: {runs_on: hosts, calls: [database], hosts_with: io}", "outbox.hosts_with: found 'io'"),
    ],
)
def test_a_relay_that_could_not_run_is_refused_with_the_reason(with_database: Edit, outbox: str, told: str) -> None:
    add(with_database, outbox)

    assert told in refusal()


def test_a_url_that_would_be_the_path_of_a_file_is_refused(edit_prod: Edit) -> None:
    edit_prod(BUCKETS, SECRET.replace("database_url}", "{name: database_url, as: file}}"))
    add(edit_prod, ON_HOSTS)

    assert "application.secrets.CELERY_DATABASE_URL: found CELERY_DATABASE_URL as a file" in refusal()


@pytest.mark.parametrize(
    ("outbox", "told"),
    [
        ("outbox: {runs_on: eks}", "outbox.runs_on: found eks with SQLite"),
        ("outbox: {runs_on: hosts, replicas: 2}", "outbox.replicas: found 2 with SQLite"),
    ],
)
def test_a_file_that_another_relay_does_not_see_or_would_relay_again_is_refused(
    edit_prod: Edit, outbox: str, told: str
) -> None:
    with_sqlite(edit_prod)
    add(edit_prod, outbox)

    assert told in refusal()


def test_a_relay_that_somebody_else_runs_is_switched_off(with_database: Edit) -> None:
    add(with_database, "outbox: {runs_on: hosts, replicas: 0}")

    relay = resolve(load("prod"))["processes"]["relay"]

    assert (relay["replicas"], relay["hosts"]) == (0, [])
