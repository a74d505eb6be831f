"""What the numbers of a queue mean: the likeliest reason first, when it is empty, and what more workers would do.

`tests/observability/test_why.py` asks real brokers for these numbers.
"""

import json
import time
from dataclasses import replace

import pytest
from celery_platform.observability.why import PoolLoad, TaskLoad, Why, reasons
from celery_platform.observability.work import KEEP_SECONDS, Work, WorkSums, work_of
from celery_platform.observability.worker_reports import Running, WorkerReport, report_of
from celery_platform.reliability.limit_waits import LimitWait
from celery_platform.reliability.paused_queues import Pause

IO = PoolLoad("io", "threads", ("email", "default"), slots_of_one=4, workers=2, slots=8, busy=8, held=8)
SEND = TaskLoad("shop.send", "email", per_second=4.0, mean_seconds=2.0, share=0.9, failed=0.0, waited=0.0)
LATE = Why(
    queue="email", broker="sqs", seconds=6, waiting=100, held=0, rate_in=3.0, rate_out=4.0, lately=4.0, pools=(IO,),
    tasks=(SEND,),
)  # fmt: skip


def test_it_is_empty_when_what_leaves_beyond_what_comes_has_taken_the_backlog() -> None:
    assert LATE.drained_in() == 100
    assert LATE.drained_in(more_workers=2) == 100 / (4 * 2 - 3)  # twice the slots
    assert replace(LATE, rate_in=5.0).drained_in() is None
    assert replace(LATE, waiting=0).drained_in() == 0
    assert replace(LATE, waiting=None).drained_in() is None


def test_few_messages_that_left_in_ten_seconds_are_no_rate_of_their_own() -> None:
    assert replace(LATE, rate_out=1.0, lately=4.0).out == 4.0
    assert replace(LATE, rate_out=1.0, lately=None).out == 1.0
    assert replace(LATE, rate_out=3.0, lately=4.0, seconds=10).out == 3.0


def test_what_comes_now_waits_for_all_that_is_before_it() -> None:
    assert LATE.wait_seconds == 25
    assert replace(LATE, lately=None, rate_out=None).wait_seconds is None


def test_more_workers_change_nothing_where_slots_are_free() -> None:
    free = replace(LATE, pools=(replace(IO, busy=2),))

    assert free.drained_in(more_workers=2) == free.drained_in()
    assert any("more workers would not help" in each for each in reasons(free))
    assert not any("two more workers" in each.lower() for each in reasons(free))


@pytest.mark.parametrize(
    ("answer", "first"),
    [
        (replace(LATE, waiting=0), "Nothing waits."),
        (replace(LATE, paused=Pause(time.time() - 120, "ann", "relay")), "It has been paused for "),
        (replace(LATE, nodes_down=("rabbit@b",)), "Nodes of the broker are down: rabbit@b."),
        (replace(LATE, alarms=("rabbit@a takes no messages: its disk is full",)), "rabbit@a takes no messages"),
        (replace(LATE, pools=(replace(IO, workers=0, slots=0, busy=0),)), "No worker of io has said anything"),
        (
            replace(LATE, limits=(LimitWait("relay", "shop.send", 2, 1 / 65, 80.0),)),
            "shop.send waits for the limit relay, which lets 0.9 a minute through: one that asks now goes on after 1m",
        ),
        (replace(LATE, tasks=(replace(SEND, waited=0.4),)), "40% of the attempts of shop.send went back to wait"),
        (LATE, "All slots are busy (8 of 8 slots): shop.send takes 90% of their time, 2 s each."),
        (
            replace(LATE, tasks=(replace(SEND, queue="default", task="shop.other"), SEND)),
            "All slots are busy (8 of 8 slots): shop.other, which is of the queue default, takes 90%",
        ),
    ],
)
def test_the_likeliest_reason_comes_first(answer: Why, first: str) -> None:
    assert reasons(answer)[0].startswith(first)


def test_a_turbo_worker_one_of_whose_processes_starts_anew_has_said_something() -> None:
    """Each of its processes reports for itself, so that three of four are no whole worker."""
    fewer = replace(IO, type="turbo", workers=0, slots=3, busy=3)

    assert reasons(replace(LATE, pools=(fewer,)))[0].startswith("All slots are busy (3 of 3 slots)")


def test_a_pause_says_since_when_by_whom_and_why() -> None:
    paused = replace(LATE, paused=Pause(time.time() - 120, "ann", "relay"))

    assert reasons(paused)[0].startswith("It has been paused for 2m by ann: relay.")


def test_a_queue_that_grows_says_so_and_what_two_more_workers_would_do() -> None:
    assert reasons(replace(LATE, rate_in=5.0))[1:] == [
        "It grows: 5.0 a second come and 4.0 leave.",
        "With two more workers it would be empty in 33s.",
    ]


def test_a_queue_that_stands_still_is_not_said_to_grow() -> None:
    assert reasons(replace(LATE, rate_in=4.0))[1] == "It does not shrink: 4.0 a second come and 4.0 leave."


def test_failing_tasks_are_named() -> None:
    assert any(
        "50% of the attempts of shop.send failed" in each
        for each in reasons(replace(LATE, tasks=(replace(SEND, failed=0.5),)))
    )


def test_a_report_is_read_as_it_was_written() -> None:
    report = WorkerReport("io-1@h", "io", 5.0, 8, 1, 2, (Running("a.b", "id", "email", 4.0),), ("email",))

    assert report_of(report.as_text()) == report


def test_work_is_summed_by_queue_and_task_over_the_buckets() -> None:
    buckets = [
        {"attempts:email:a:b": "2", "microseconds:email:a:b": "500000"},
        {"attempts:email:a:b": "1", "waited:email:a:b": "1", "failed:slow:c": "1", "attempts:slow:c": "1"},
    ]

    assert work_of(buckets) == {("email", "a:b"): Work(3, 0, 1, 0.5), ("slow", "c"): Work(1, 1, 0, 0.0)}


def test_what_a_process_sums_is_what_is_read() -> None:
    stored: dict[str, dict[str, str]] = {}

    class Pipe:
        """What redis-py's pipeline is told."""

        def hincrby(self, key: str, field: str, number: int) -> None:
            stored.setdefault(key, {})[field] = str(number)

        def expire(self, key: str, seconds: int) -> None:
            assert (key in stored, seconds) == (True, KEEP_SECONDS)

    sums = WorkSums()
    for state, seconds in (("succeeded", 0.25), ("failed", 0.25), ("waiting", 0.0), ("retried", 0.5)):
        sums.add("email", "a:b", seconds, state)
    sums.add_to(Pipe(), "celery-test")

    assert work_of(stored.values()) == {("email", "a:b"): Work(4, 1, 1, 1.0)}
    assert all(key.startswith("celery-test:work:") for key in stored)


def test_what_a_later_release_adds_to_a_report_is_left_out() -> None:
    report = WorkerReport("io-1", "io", 1.0, 2, 1, 1, (Running("a.b", "id", "quick", 0.5),))
    found = json.loads(report.as_text())
    found["added"] = found["running"][0]["added"] = 1

    assert report_of(json.dumps(found)) == report
