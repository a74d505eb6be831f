"""What a process gathers is sent once: soon, before it ends, and never by a process that was forked meanwhile."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from typing import Any
from unittest.mock import Mock

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from celery_platform.observability import counts, gathered

from tests.harness.waiting import eventually

# A process that gathers two texts; `argv` is the file that it sends them to, and how it ends.
PROCESS = """
import os, signal, sys
from celery_platform.observability import gathered
from celery.signals import worker_process_shutdown

class Texts(gathered.Gathers):
    texts = []
    def send(self):
        taken, self.texts = self.texts, []
        with open(sys.argv[1], "a") as file:
            file.writelines(f"{text}\\n" for text in taken)
    def forget(self):
        self.texts = []

gathered.SECONDS = 60
texts = Texts()
gathered.register(texts)
texts.texts.append("of the parent")
gathered.send_soon(texts)
if os.fork() == 0:
    texts.texts.append("of the child")
    gathered.send_soon(texts)
    worker_process_shutdown.send(sender=None)
    os._exit(0)
os.wait()
if sys.argv[2] == "killed":
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize(("end", "parent"), [("ended", ["of the parent"]), ("killed", [])])
def test_each_process_sends_its_own_before_it_ends(tmp_path: Path, end: str, parent: list[str]) -> None:
    sent = tmp_path / "sent"

    subprocess.run([sys.executable, "-c", PROCESS, str(sent), end], check=False, timeout=60)

    assert sent.read_text().splitlines() == ["of the child", *parent]


class Numbers(gathered.Gathers):
    """Counts how often it was to send. `each` is called first, with the number of that time from 1."""

    def __init__(self, each: Callable[[int], object] = lambda _: None) -> None:
        self.begun = self.sent = 0
        self._each = each

    def send(self) -> None:
        self.begun += 1
        self._each(self.begun)
        self.sent += 1

    def forget(self) -> None: ...


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> Callable[[Numbers], Numbers]:
    """Register for the time of a test."""
    monkeypatch.setattr(gathered, "_senders", dict(gathered._senders))

    def register(numbers: Numbers) -> Numbers:
        gathered.register(numbers)
        return numbers

    return register


Registered = Callable[[Numbers], Numbers]


def send_at_last(numbers: Numbers, ask: Callable[[], None]) -> None:
    """Ask until it is sent: what was asked at a moment of trouble may be lost."""

    def sent() -> bool:
        ask()
        return numbers.sent > 0

    eventually(sent, "sent")


def test_what_is_gathered_is_sent_without_being_asked_again(registered: Registered) -> None:
    numbers = registered(Numbers())
    gathered.send_soon(numbers)
    eventually(lambda: numbers.sent == 1, "the first")

    gathered.send_soon(numbers)

    eventually(lambda: numbers.sent == 2, "the second")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("error", [OSError("refused"), SystemExit()])
def test_an_error_of_one_time_is_not_the_end(
    registered: Registered, error: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    def fail_once(number: int) -> None:
        if number == 1:
            raise error

    numbers = registered(Numbers(fail_once))
    gathered.send_soon(numbers)
    eventually(lambda: numbers.begun == 1, "the first")

    send_at_last(numbers, lambda: gathered.send_soon(numbers))

    assert ("what Numbers gathered" in caplog.text) == isinstance(error, Exception)


def test_a_thread_that_cannot_start_is_started_later(registered: Registered, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = registered(Numbers())
    with monkeypatch.context() as full:
        full.setattr(threading.Thread, "start", Mock(side_effect=RuntimeError("can't start new thread")))
        gathered.send_soon(numbers)

    send_at_last(numbers, lambda: gathered.send_soon(numbers))


def test_what_no_thread_can_send_is_sent_at_the_end(registered: Registered, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = registered(Numbers())
    monkeypatch.setattr(threading.Thread, "start", Mock(side_effect=RuntimeError("can't start new thread")))
    gathered.send_soon(numbers)

    gathered.send_now()

    assert numbers.sent == 1


def test_who_is_interrupted_while_asking_may_ask_again() -> None:
    class Interrupted(SimpleQueue[Any]):
        times = 0

        def put(self, *what: Any) -> None:
            self.times += 1
            if self.times == 1:
                raise SoftTimeLimitExceeded
            super().put(*what)

    numbers = Numbers()
    sender = gathered._Sender(numbers)
    sender._asked = Interrupted()
    with pytest.raises(SoftTimeLimitExceeded):
        sender.ask()

    send_at_last(numbers, sender.ask)


def test_the_end_waits_for_what_is_being_sent_already(registered: Registered) -> None:
    numbers = registered(Numbers(lambda _: time.sleep(0.3)))
    gathered.send_soon(numbers)
    eventually(lambda: numbers.begun == 1, "begun")

    gathered.send_now()

    assert numbers.sent >= 1


def test_one_that_hangs_keeps_no_other_from_being_sent_and_ends_with_the_time_limit(registered: Registered) -> None:
    answers = threading.Event()
    hangs, other = registered(Numbers(lambda _: answers.wait(60))), registered(Numbers())
    gathered.send_soon(hangs)
    eventually(lambda: hangs.begun == 1, "begun")
    gathered.send_soon(other)
    eventually(lambda: other.sent == 1, "sent meanwhile")

    began = time.monotonic()
    gathered.send_now(0.2)
    took = time.monotonic() - began

    answers.set()
    assert (other.sent, took < 5) == (2, True)


def test_counts_of_a_moment_are_added_up_with_one_round_trip(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[object, ...]] = []

    class Pipeline:
        def __enter__(self) -> "Pipeline":
            return self

        def __exit__(self, *_: object) -> None: ...

        def hincrby(self, *words: object) -> None:
            sent.append(words)

        def expire(self, *_: object) -> None: ...

        def execute(self) -> None:
            sent.append(("sent",))

    class Store:
        def pipeline(self, **_: object) -> Pipeline:
            return Pipeline()

    monkeypatch.setattr(counts, "valkey", Store)
    found = counts.Gathered()
    for state in ("succeeded", "failed", "succeeded"):
        found.add("2026-11-23", f"email:{state}")

    found.send()
    found.send()

    assert sent == [("2026-11-23", "email:succeeded", 2), ("2026-11-23", "email:failed", 1), ("sent",)]


def test_a_forked_process_counts_nothing_of_its_parent() -> None:
    found = counts.Gathered()
    found.add("2026-11-23", "email:succeeded")

    found.forget()

    assert not found._counts


def test_a_handler_of_a_signal_may_count_while_its_thread_counts() -> None:
    found = counts.Gathered()

    with found._lock:  # as where a signal interrupts `add`
        found.add("2026-11-23", "email:timed_out")

    assert found._counts.total() == 1
