"""A queue with two priorities is one queue if the broker supports priorities, and two queues otherwise."""

import pytest
from celery_platform.environment import EnvironmentFileError, load, resolve

from .conftest import Edit

NIGHTLY = "nightly: {pool: cpu, soft_time_limit_seconds: 240"
DEFAULT = "default: {pool: io, soft_time_limit_seconds: 60"
ASKED = f"{NIGHTLY}, priorities: 2"


@pytest.mark.parametrize("kind", ["sqs", "redis"])
def test_without_priorities_on_the_broker_a_second_queue_precedes_the_first(edit_prod: Edit, kind: str) -> None:
    edit_prod("kind: rabbitmq\n", f"kind: {kind}\n")
    edit_prod(NIGHTLY, ASKED)

    resolved = resolve(load("prod"))
    nightly, high = resolved["queues"]["nightly"], resolved["queues"]["nightly-high"]

    assert nightly["high_priority_queue"] == "nightly-high"
    assert (high["name"], high["dead_letter_name"]) == ("celery-prod-nightly-high", "celery-prod-nightly-high-dlq")
    drained = resolved["pools"]["cpu"]["queues"]
    assert drained.index("nightly-high") == drained.index("nightly") - 1


def test_on_rabbitmq_there_is_one_queue(edit_prod: Edit) -> None:
    edit_prod(NIGHTLY, ASKED)

    queues = resolve(load("prod"))["queues"]

    assert (queues["nightly"]["priorities"], queues["nightly"]["high_priority_queue"]) == (2, None)
    assert "nightly-high" not in queues


def test_priorities_on_a_fifo_queue_are_refused(edit_prod: Edit) -> None:
    edit_prod("kind: rabbitmq\n", "kind: sqs\n")
    edit_prod(NIGHTLY, f"{ASKED}, fifo: true, max_countdown_seconds: 0")

    with pytest.raises(EnvironmentFileError, match=r"queues\.nightly\.priorities: found 2 on a FIFO queue; allowed: 1"):
        load("prod")


def test_priorities_on_rabbitmq_3s_quorum_queues_are_refused(edit_prod: Edit) -> None:
    edit_prod('rabbitmq: {version: "4.0"', 'rabbitmq: {version: "3.13"')
    edit_prod(NIGHTLY, ASKED)

    with pytest.raises(EnvironmentFileError, match=r"found 2 on quorum queues of 3\.13; allowed: 1, or 4\.x"):
        load("prod")


def test_priorities_on_sqs_in_a_gevent_pool_are_refused(edit_prod: Edit) -> None:
    edit_prod("kind: rabbitmq\n", "kind: sqs\n")
    edit_prod("type: threads", "type: gevent")
    edit_prod(DEFAULT, f"{DEFAULT}, priorities: 2")

    with pytest.raises(EnvironmentFileError, match="found 2 in a gevent pool; allowed: 1, or another pool type"):
        load("prod")
