"""A queue of two priorities is one queue where the broker orders it, and two where it cannot."""

import pytest
from celery_platform.environment import EnvironmentFileError, load, resolve

from .conftest import Edit

REPORTS = "reports: {pool: cpu, soft_time_limit_seconds: 240"
METRICS = "metrics: {pool: io, soft_time_limit_seconds: 60"
ASKED = f"{REPORTS}, priorities: 2"


@pytest.mark.parametrize("kind", ["sqs", "redis"])
def test_where_the_broker_keeps_no_priorities_a_second_queue_stands_before_the_first(
    edit_prod: Edit, kind: str
) -> None:
    edit_prod("kind: rabbitmq\n", f"kind: {kind}\n")
    edit_prod(REPORTS, ASKED)

    resolved = resolve(load("prod"))
    reports, high = resolved["queues"]["reports"], resolved["queues"]["reports-high"]

    assert reports["high_priority_queue"] == "reports-high"
    assert (high["name"], high["dead_letter_name"]) == ("celery-prod-reports-high", "celery-prod-reports-high-dlq")
    drained = resolved["pools"]["cpu"]["queues"]
    assert drained.index("reports-high") == drained.index("reports") - 1


def test_where_rabbitmq_orders_the_queue_there_is_one(edit_prod: Edit) -> None:
    edit_prod(REPORTS, ASKED)

    queues = resolve(load("prod"))["queues"]

    assert (queues["reports"]["priorities"], queues["reports"]["high_priority_queue"]) == (2, None)
    assert "reports-high" not in queues


def test_priorities_on_a_fifo_queue_are_refused(edit_prod: Edit) -> None:
    edit_prod("kind: rabbitmq\n", "kind: sqs\n")
    edit_prod(REPORTS, f"{ASKED}, fifo: true, max_countdown_seconds: 0")

    with pytest.raises(EnvironmentFileError, match=r"queues\.reports\.priorities: found 2 on a FIFO queue; allowed: 1"):
        load("prod")


def test_priorities_on_rabbitmq_3s_quorum_queues_are_refused(edit_prod: Edit) -> None:
    edit_prod('rabbitmq: {version: "4.0"', 'rabbitmq: {version: "3.13"')
    edit_prod(REPORTS, ASKED)

    with pytest.raises(EnvironmentFileError, match=r"found 2 on quorum queues of 3\.13; allowed: 1, or 4\.x"):
        load("prod")


def test_priorities_on_sqs_in_a_gevent_pool_are_refused(edit_prod: Edit) -> None:
    edit_prod("kind: rabbitmq\n", "kind: sqs\n")
    edit_prod("type: threads", "type: gevent")
    edit_prod(METRICS, f"{METRICS}, priorities: 2")

    with pytest.raises(EnvironmentFileError, match="found 2 in a gevent pool; allowed: 1, or another pool type"):
        load("prod")
