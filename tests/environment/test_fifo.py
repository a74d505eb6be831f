"""FIFO queues exist on SQS only, and their messages have no countdown."""

import pytest
from celery_platform.environment import EnvironmentFileError, load, resolve

from .conftest import Edit

NIGHTLY = "nightly: {pool: cpu, soft_time_limit_seconds: 240"


def test_a_fifo_queue_and_its_dead_letter_queue_carry_the_suffix(edit_prod: Edit) -> None:
    edit_prod("kind: rabbitmq\n", "kind: sqs\n")
    edit_prod(NIGHTLY, f"{NIGHTLY}, fifo: true, max_countdown_seconds: 0")

    nightly = resolve(load("prod"))["queues"]["nightly"]

    assert (nightly["name"], nightly["dead_letter_name"]) == (
        "celery-prod-nightly.fifo",
        "celery-prod-nightly-dlq.fifo",
    )


def test_a_fifo_queue_on_another_broker_is_refused(edit_prod: Edit) -> None:
    edit_prod(NIGHTLY, f"{NIGHTLY}, fifo: true, max_countdown_seconds: 0")

    with pytest.raises(EnvironmentFileError, match=r"queues\.nightly\.fifo: found true on rabbitmq"):
        load("prod")


def test_a_countdown_on_a_fifo_queue_is_refused(edit_prod: Edit) -> None:
    edit_prod("kind: rabbitmq\n", "kind: sqs\n")
    edit_prod(NIGHTLY, f"{NIGHTLY}, fifo: true")

    with pytest.raises(EnvironmentFileError, match="300 on a FIFO queue; allowed: 0"):
        load("prod")
