"""A message that a call sent to another queue than its task's own is retried there, on each broker."""

from pathlib import Path

import pytest

from tests.harness.environment import TestEnvironment
from tests.harness.waiting import eventually


@pytest.mark.parametrize("seconds", [0, 2])
def test_a_retry_goes_to_the_queue_of_its_message(environment: TestEnvironment, tmp_path: Path, seconds: int) -> None:
    file = tmp_path / "queues"

    with environment.worker("cpu"):  # which drains `slow`, and not the task's own queue
        environment.python(
            f"from exercises.probe import again; again.apply_async(({str(file)!r}, {seconds}), queue='slow')"
        )
        eventually(lambda: file.exists() and len(file.read_text().split()) == 2, "the second run")

    assert file.read_text().split() == ["slow", "slow"]
