"""The options of a worker, and what Celery makes of the environment's settings."""

import sys
import time

from app.configuration import configuration_of
from app.routes import QUEUE_OF_TASK
from app.settings import runtime
from app.worker.start import worker_options

from ..harness.environment import TestEnvironment
from ..harness.processes import running
from ..harness.waiting import eventually


def test_a_worker_drains_the_queues_of_its_pool_under_a_new_name(inside_sqs: TestEnvironment) -> None:
    environment = runtime().environment
    options = worker_options(environment, environment.pool("cpu"))

    assert "--queues=celery-local-thumbnails,celery-local-reports" in options
    assert {"--pool=prefork", "--concurrency=2", "--prefetch-multiplier=1", "--max-tasks-per-child=500"} <= set(options)
    assert options != worker_options(environment, environment.pool("cpu")), "two starts must not share a node name"
    assert inside_sqs.kind == "sqs"


def test_settings_keep_the_promises(environment: TestEnvironment) -> None:
    shown = environment.python(
        "from app.celery import celery; c = celery.conf;"
        "limits = c.task_annotations['app.tasks.thumbnails.resize_image'];"
        "print(c.accept_content, c.task_acks_late, c.task_ignore_result, c.worker_send_task_events, limits)"
    )

    assert shown == "['json'] True True False {'soft_time_limit': 60, 'time_limit': 70}"


def test_every_task_has_a_queue_and_every_queued_task_exists(environment: TestEnvironment) -> None:
    names = environment.python(
        "from app.celery import celery; celery.loader.import_default_modules();"
        "print(*(name for name in celery.tasks if name.startswith('app.')))"
    )

    assert set(names.split()) == set(QUEUE_OF_TASK)


def test_every_environment_has_the_queues_that_tasks_need(inside_sqs: TestEnvironment) -> None:
    assert configuration_of(runtime())["task_routes"].keys() == QUEUE_OF_TASK.keys()
    assert inside_sqs.kind == "sqs"


def test_beat_takes_a_short_lock_and_a_second_one_waits(sqs: TestEnvironment) -> None:
    first, second = sqs.folder / "beat-1.log", sqs.folder / "beat-2.log"
    command = [sys.executable, "-m", "app", "beat"]
    with running(command, first, sqs.variables):
        eventually(lambda: "Acquired lock" in first.read_text(), "the first beat's lock")
        with running(command, second, sqs.variables):
            eventually(lambda: "beat: Starting" in second.read_text(), "the second")
            time.sleep(3)  # it asks for the lock right after that line
            assert "Acquired lock" not in second.read_text()
            assert sqs.python("from app.reliability.valkey import valkey;"
                              "print(0 < valkey().pttl('celery-sqs:redbeat::lock') <= 30000)") == "True"  # fmt: skip
