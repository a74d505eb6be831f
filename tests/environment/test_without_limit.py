"""A queue without a time limit is allowed if the broker waits, and refused if it would deliver the message again."""

import pytest
from celery_platform.environment import EnvironmentFileError, load, resolve

from .conftest import Edit

CPU = "cpu: {runs_on: hosts, type: prefork, concurrency: 4"
SLOW = "slow: {pool: cpu, soft_time_limit_seconds: 240}"
NIGHTLY = "nightly: {pool: cpu, soft_time_limit_seconds: 240}"


@pytest.fixture
def unlimited(edit_prod: Edit) -> Edit:
    """Production with a pool of processes whose queues all have no limit."""
    edit_prod(SLOW, SLOW.replace("240", "none"))
    edit_prod(NIGHTLY, NIGHTLY.replace("240", "none"))
    return edit_prod


@pytest.mark.usefixtures("unlimited")
def test_there_is_no_limit_and_rabbitmq_waits_as_long_as_it_can() -> None:
    resolved = resolve(load("prod"))
    budget = resolved["queues"]["slow"]["time_budget"]

    assert (budget["soft_time_limit"], budget["hard_time_limit"]) == (None, None)
    assert budget["consumer_timeout"] == 24 * 86_400
    assert budget["consumer_timeout"] * 1000 < 2**31, "Amazon MQ accepts no more"


@pytest.mark.usefixtures("unlimited")
def test_the_broker_wide_timeout_follows_from_the_queues_with_a_limit() -> None:
    resolved = resolve(load("prod"))

    assert resolved["broker"]["consumer_timeout_seconds"] == max(
        queue["time_budget"]["consumer_timeout"]
        for queue in resolved["queues"].values()
        if queue["time_budget"]["hard_time_limit"] is not None
    )


def test_a_broker_whose_queues_have_no_limit_keeps_rabbitmqs_default_timeout(unlimited: Edit) -> None:
    for label, calls in (("effects", "ledger"), ("default", "quota"), ("quick", "database")):
        unlimited(
            f"{label}: {{pool: io, soft_time_limit_seconds: 60, calls: [{calls}]}}",
            f"{label}: {{pool: io, soft_time_limit_seconds: none, calls: [{calls}]}}",
        )

    assert resolve(load("prod"))["broker"]["consumer_timeout_seconds"] == 1800


def test_a_stop_lasts_as_long_as_the_pool_says_or_ten_minutes(unlimited: Edit) -> None:
    assert resolve(load("prod"))["pools"]["cpu"]["time_budget"]["stop_timeout"] == 600

    unlimited(CPU, CPU + ", stop_timeout_seconds: 7200")

    assert resolve(load("prod"))["pools"]["cpu"]["time_budget"]["stop_timeout"] == 7200


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("kind: rabbitmq\n", "kind: sqs\n", r"none on sqs, which has a visibility timeout.*; allowed: at most 43200 s"),
        ("kind: rabbitmq\n", "kind: redis\n", r"none on redis, .*or broker\.kind: amazon_mq or rabbitmq"),
        ('rabbitmq: {version: "4.0"', 'rabbitmq: {version: "3.10"', r"none on RabbitMQ 3\.10; allowed: seconds, or"),
        ("100}", "100, replication: mirrored}", "none on a mirrored queue; allowed: seconds, or"),
        (NIGHTLY.replace("240", "none"), NIGHTLY, r"pools\.cpu: found slow without a limit together with nightly with"),
        ("type: prefork", "type: solo", r"pools\.cpu\.type: found solo with a queue without a limit"),
    ],
)  # fmt: skip
def test_no_limit_is_refused_if_the_broker_or_pool_cannot_support_it(
    unlimited: Edit, old: str, new: str, problem: str
) -> None:
    unlimited(old, new)

    with pytest.raises(EnvironmentFileError, match=problem):
        load("prod")


def test_a_stop_timeout_for_queues_with_a_limit_is_refused(edit_prod: Edit) -> None:
    edit_prod(CPU, CPU + ", stop_timeout_seconds: 60")

    with pytest.raises(EnvironmentFileError, match=r"stop_timeout_seconds: found 60 on a pool whose queues have"):
        load("prod")


@pytest.mark.parametrize("limit", ["null", "never", "0"])
def test_a_limit_is_seconds_or_the_word_none(edit_prod: Edit, limit: str) -> None:
    edit_prod(SLOW, SLOW.replace("240", limit))

    with pytest.raises(EnvironmentFileError, match=r"queues\.slow\.soft_time_limit_seconds: found"):
        load("prod")
