"""Each workload's needs follow from the file: its own queues and secrets, and nothing else."""

import pytest

from app.environment import load, resolve

from .conftest import Edit


def test_a_worker_receives_from_its_own_queues_only() -> None:
    workloads = resolve(load("dev"))["workloads"]

    assert workloads["worker-cpu"]["receives"] == ("thumbnails", "reports")
    assert workloads["worker-io"]["receives"] == ("payments", "metrics", "email")


def test_only_the_pool_whose_tasks_charge_reads_the_gateways_key() -> None:
    workloads = resolve(load("dev"))["workloads"]

    assert [name for name, needs in workloads.items() if "payment_gateway" in needs["secrets"]] == ["worker-io"]


def test_beat_sends_to_scheduled_queues_and_receives_nothing() -> None:
    beat = resolve(load("dev"))["workloads"]["beat"]

    assert (beat["sends"], beat["receives"]) == (("reports",), ())


def test_without_sqs_no_role_names_a_queue() -> None:
    workloads = resolve(load("prod"))["workloads"]

    assert {queue for needs in workloads.values() for queue in needs["receives"] + needs["sends"]} == set()
    assert workloads["rabbitmq"]["secrets"] == ("broker_password", "erlang_cookie")


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ("destroy_lock: true", "destroy_lock: true\neks: {version: '1.20'}", "eks.version: found 1.20"),
        ("destroy_lock: true", "destroy_lock: true\neks: {public_access_cidrs: [0.0.0.0/0]}", "public_access_cidrs"),
        ("  plan: repo:example/celery:pull_request", "  plan: repo:example/*", "delivery.plan"),
    ],
)  # fmt: skip
def test_what_would_open_the_estate_is_refused(edit_prod: Edit, old: str, new: str, path: str) -> None:
    edit_prod(old, new)

    with pytest.raises(Exception, match=path.replace(".", r"\.")):
        load("prod")
