"""The options of a worker, and the environment's effect on Celery's settings."""

import sys
import time

from celery_platform.settings import runtime
from celery_platform.worker.start import worker_options

from tests.harness.environment import TestEnvironment
from tests.harness.processes import running
from tests.harness.waiting import eventually


def test_a_worker_drains_the_queues_of_its_pool_with_a_new_node_name(inside_sqs: TestEnvironment) -> None:
    environment = runtime().environment
    options = worker_options(environment, environment.pool("cpu"))

    assert "--queues=celery-local-slow,celery-local-nightly" in options
    assert {"--pool=prefork", "--concurrency=2", "--prefetch-multiplier=1"} <= set(options)
    assert any(option.startswith("--max-memory-per-child=") for option in options)
    assert not any(option.startswith("--max-tasks-per-child=") for option in options)
    assert options != worker_options(environment, environment.pool("cpu")), "two starts must not share a node name"
    assert inside_sqs.kind == "sqs"


def test_the_settings_keep_the_guarantees(environment: TestEnvironment) -> None:
    shown = environment.python(
        "from celery_platform.application import application; c = application().conf;"
        "print(c.accept_content, c.task_acks_late, c.task_ignore_result, c.worker_send_task_events)"
    )

    assert shown == "['json'] True True False"


def test_tasks_have_the_limits_of_their_queues(environment: TestEnvironment) -> None:
    shown = environment.python(
        "from celery_platform.application import application; from celery_platform.settings import runtime;"
        "from celery_platform.attachment.limits import apply_limits;"
        "celery = application(); celery.loader.import_default_modules(); apply_limits(celery, runtime().environment);"
        "task = celery.tasks['exercises.slow.refuse']; print(task.soft_time_limit, task.time_limit)"
    )

    assert shown == "60 70"


def test_beat_has_a_short_lock_and_a_second_beat_waits(sqs: TestEnvironment) -> None:
    first, second = sqs.folder / "beat-1.log", sqs.folder / "beat-2.log"
    command = [sys.executable, "-m", "celery_platform", "beat"]
    with running(command, first, sqs.variables):
        eventually(lambda: "Acquired lock" in first.read_text(), "the first beat's lock")
        with running(command, second, sqs.variables):
            eventually(lambda: "beat: Starting" in second.read_text(), "the second")
            time.sleep(3)  # it acquires the lock right after that line
            assert "Acquired lock" not in second.read_text()
            assert sqs.python("from celery_platform.reliability.valkey import valkey;"
                              "print(0 < valkey().pttl('celery-sqs:redbeat::lock') <= 30000)") == "True"  # fmt: skip
