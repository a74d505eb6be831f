"""What Celery guarantees, kept by a turbo pool."""

import ast
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from celery import chord, group

from tests.celery_platform.turbo.harness.bench import Bench
from tests.harness.waiting import eventually

pytestmark = pytest.mark.usefixtures("worker")


def test_each_task_runs_once_and_is_settled(bench: Bench, where: str) -> None:
    for number in range(500):
        bench.work.record.delay(where, number)

    assert sorted(map(int, bench.noted(where, 500))) == list(range(500))
    eventually(lambda: bench.waiting(bench.work.QUEUE) == 0, "an empty queue")


def test_a_task_sees_its_message(bench: Bench, where: str) -> None:
    sent = bench.work.about_me.apply_async((where,), headers={"run_id": "7"})

    seen = ast.literal_eval(bench.noted(where)[0])
    seen["headers"].pop("published_at", None)  # by the app's listener, where another test has imported it
    assert seen == {
        "id": sent.id, "args": [where], "headers": {"run_id": "7"}, "retries": 0, "routing_key": bench.work.QUEUE,
        "redelivered": False, "root_id": sent.id, "correlation_id": sent.id, "eager": False, "timelimit": [None, None],
        "origin": True,
    }  # fmt: skip


def test_results_come_back(bench: Bench) -> None:
    assert [each.get(timeout=30) for each in [bench.work.add.delay(number, 1) for number in range(20)]] == [
        *range(1, 21)
    ]


def test_a_running_task_tells_how_far_it_is(bench: Bench, where: str) -> None:
    running = bench.work.progress.delay(where)
    bench.noted(where)

    assert (running.state, running.info) == ("PROGRESS", {"done": 1})
    running.get(timeout=30)


def test_a_chord_ends_with_its_body(bench: Bench) -> None:
    header = group(bench.work.add.s(number, number) for number in range(10))

    assert chord(header)(bench.work.add.s()).get(timeout=30) == 90


def test_a_chain_goes_on(bench: Bench) -> None:
    assert (bench.work.add.s(1, 1) | bench.work.add.s(2) | bench.work.add.s(3)).delay().get(timeout=30) == 7


def test_a_failure_is_stored_and_not_repeated(bench: Bench, where: str) -> None:
    failed = bench.work.fail.delay(where)

    with pytest.raises(ValueError, match="as asked"):
        failed.get(timeout=30)
    assert bench.list_(where) == ["ran"]


def test_a_retry_counts(bench: Bench, where: str) -> None:
    assert bench.work.retry.delay(where).get(timeout=30) == 3
    assert bench.list_(where) == ["0", "1", "2"]


def test_a_rejected_message_is_dead_lettered(bench: Bench, where: str) -> None:
    before = bench.waiting(bench.work.DEAD)
    bench.work.reject.delay(where, False)

    eventually(lambda: bench.waiting(bench.work.DEAD) == before + 1, "a dead letter")
    assert bench.list_(where) == ["ran"]


def test_a_requeued_message_comes_again(bench: Bench, where: str) -> None:
    bench.work.reject.delay(where, True)

    assert bench.noted(where, 2) == ["ran", "ran"]


def test_an_ignored_task_is_done(bench: Bench, where: str) -> None:
    bench.work.ignore.delay(where)

    bench.noted(where)
    eventually(lambda: bench.waiting(bench.work.QUEUE) == 0, "an empty queue")


def test_a_task_with_an_eta_waits_for_it(bench: Bench, where: str) -> None:
    bench.work.limited.apply_async((where,), eta=datetime.now(UTC) + timedelta(seconds=2))

    sent = time.time()
    assert float(bench.noted(where)[0]) - sent > 1.5


def test_an_expired_task_does_not_run(bench: Bench, where: str) -> None:
    bench.work.record.apply_async((where, "late"), expires=datetime.now(UTC) - timedelta(seconds=1))
    bench.work.record.delay(where, "in time")

    assert bench.noted(where) == ["in time"]
    assert bench.list_(where) == ["in time"]


def test_a_revoked_task_does_not_run(bench: Bench, where: str) -> None:
    bench.work.app.control.revoke("revoked-id", reply=True, timeout=5, limit=2)
    bench.work.record.apply_async((where, "revoked"), task_id="revoked-id")
    for number in range(10):
        bench.work.record.delay(where, number)

    assert "revoked" not in bench.noted(where, 10)


def test_a_rate_limit_holds_tasks_back(bench: Bench, where: str) -> None:
    for _ in range(9):
        bench.work.limited.delay(where)

    times = sorted(map(float, bench.noted(where, 9)))
    # Two processes of two a second each, and one at once.
    assert times[-1] - times[0] > 1


def test_workers_answer_remote_control(bench: Bench, worker: Path) -> None:
    answers = bench.work.app.control.ping(timeout=10, limit=2)

    assert len(answers) == 2, worker.read_text()
    stats = bench.work.app.control.inspect(timeout=10, limit=2).stats()
    assert {each["pool"]["max-concurrency"] for each in stats.values()} == {1}


def test_signals_are_sent_around_a_task(bench: Bench, where: str) -> None:
    bench.store.delete("signals")
    bench.work.record.delay(where, 1)

    name = bench.work.record.name
    eventually(lambda: len(bench.list_("signals")) >= 3, "three signals")
    assert bench.list_("signals") == [f"task_prerun {name}", f"task_success {name}", f"task_postrun {name}"]


def test_events_are_sent_when_asked_for(bench: Bench, where: str) -> None:
    app, kinds = bench.work.app, list[str]()
    with bench.worker(1, TURBO_OPTIONS="--task-events"), app.connection() as connection:
        receiver = app.events.Receiver(connection, handlers={"*": lambda event: kinds.append(event["type"])})
        listening = threading.Thread(target=lambda: receiver.capture(limit=None, timeout=30, wakeup=False))
        listening.start()

        def all_kinds() -> bool:
            bench.work.record.delay(where, 1)
            return {"task-received", "task-started", "task-succeeded"} <= set(kinds)

        eventually(all_kinds, "events", 20)
        receiver.should_stop = True
        listening.join(30)


def test_an_unknown_task_is_rejected_and_kills_nobody(bench: Bench, where: str) -> None:
    before = bench.waiting(bench.work.DEAD)
    bench.work.app.send_task("no.such.task")
    bench.work.record.delay(where, 1)

    eventually(lambda: bench.waiting(bench.work.DEAD) == before + 1, "a dead letter")
    assert bench.noted(where) == ["1"]
