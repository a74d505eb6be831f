"""What a process gathers is sent once: soon, before it ends, and never by a process that was forked meanwhile."""

import logging
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
from celery_platform.observability.logs import outcome_line
from celery_platform.observability.logs.context import FIELDS
from celery_platform.observability.logs.gathered_lines import WHOLE_CHARACTERS, GatheredLines

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


class Writes:
    """A stream that keeps what each of its writes wrote."""

    def __init__(self) -> None:
        self.written: list[str] = []

    def write(self, text: str) -> None:
        self.written.append(text)

    def flush(self) -> None: ...


def a_line(text: str, level: int = logging.INFO, *, of_an_attempt: bool = True) -> logging.LogRecord:
    record = logging.LogRecord("app.outcome", level, "", 0, text, (), None)
    if of_an_attempt:
        setattr(record, FIELDS, {})
    return record


@pytest.fixture
def writes() -> Writes:
    return Writes()


@pytest.fixture
def lines(writes: Writes) -> GatheredLines:
    return GatheredLines(writes)  # type: ignore[arg-type]


def test_lines_of_attempts_that_ended_well_wait_for_one_write(lines: GatheredLines, writes: Writes) -> None:
    lines.emit(a_line("one"))
    lines.emit(a_line("two"))
    before = list(writes.written)

    lines.send()
    lines.send()

    assert (before, writes.written) == ([], ["one\ntwo\n"])


@pytest.mark.parametrize(("level", "of_an_attempt"), [(logging.ERROR, True), (logging.INFO, False)])
def test_any_other_line_is_written_at_once_after_those_before_it(
    lines: GatheredLines, writes: Writes, level: int, of_an_attempt: bool
) -> None:
    lines.emit(a_line("one"))

    lines.emit(a_line("two", level, of_an_attempt=of_an_attempt))

    assert writes.written == ["one\ntwo\n"]


def test_no_write_is_larger_than_a_pipe_keeps_whole(lines: GatheredLines, writes: Writes) -> None:
    for number in range(100):
        lines.emit(a_line(f"{number:0300}"))
    lines.send()

    assert max(map(len, writes.written)) <= WHOLE_CHARACTERS
    assert "".join(writes.written).count("\n") == 100


def test_a_forked_process_writes_no_line_of_its_parent(lines: GatheredLines, writes: Writes) -> None:
    lines.emit(a_line("one"))

    lines.forget()
    lines.send()

    assert writes.written == []


def test_a_flush_writes_what_is_gathered(lines: GatheredLines, writes: Writes) -> None:
    lines.emit(a_line("one"))

    lines.flush()

    assert writes.written == ["one\n"]


# A process that forks while a thread of it writes a line which the pipe does not hold yet; `argv` says which stream.
FORKS = """
import logging, os, signal, sys, threading, time
from celery_platform.observability.logs.gathered_lines import GatheredLines

reader, writer = os.pipe()
os.dup2(writer, 2)
lines = GatheredLines(sys.stderr if sys.argv[1] == "standard error" else open(writer, "w"))
threading.Thread(target=lambda: (lines.gather("x" * 200_000), lines.send()), daemon=True).start()
time.sleep(0.3)
read = []
def drain():
    time.sleep(0.3)
    while part := os.read(reader, 65536):
        read.append(part)
threading.Thread(target=drain, daemon=True).start()
child = os.fork()
if child == 0:
    signal.alarm(10)
    lines.handle(logging.makeLogRecord({"msg": "of the child", "levelno": logging.ERROR}))
    os._exit(0)
ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
time.sleep(0.3)
text = b"".join(read).decode()
print(ended, text.count("x"), text.endswith("x\\nof the child\\n"))
"""


@pytest.mark.parametrize("stream", ["standard error", "another"])
def test_a_process_forked_while_a_thread_writes_can_write_and_repeats_nothing(stream: str) -> None:
    found = subprocess.run(
        [sys.executable, "-c", FORKS, stream], check=False, capture_output=True, text=True, timeout=60
    )

    assert found.stdout.split() == ["0", "200000", "True"]


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


@pytest.mark.parametrize("run_seconds", [None, 0.01234, 3.0, 1e6, 0.0])
@pytest.mark.parametrize("name", ["plain", 'quo"te\\', "caf\u00e9 \U0001f600 \udce9", ""])
def test_the_short_way_to_a_line_of_an_attempt_ends_at_the_same_line(name: str, run_seconds: float | None) -> None:
    fields = {
        "task_id": name, "task_name": name, "queue": None, "attempt": 1, "worker_hostname": name, "root_id": None,
        "outcome": "succeeded", "duration_ms": run_seconds, "wait_ms": 0.1,
    }  # fmt: skip
    record = logging.LogRecord("app.outcome", logging.INFO, "", 0, "task %s", ("succeeded",), None)
    setattr(record, FIELDS, fields)
    lines = outcome_line.JsonLines(name, logging.Formatter())

    assert lines.of_an_attempt(fields, record.created) == lines.format(record)


def test_the_short_way_is_taken_only_where_no_other_handler_sees_the_line(
    monkeypatch: pytest.MonkeyPatch, lines: GatheredLines
) -> None:
    lines.setFormatter(outcome_line.JsonLines("dev", logging.Formatter()))
    monkeypatch.setattr(logging.root, "handlers", [lines])
    alone = outcome_line._only_handler()
    monkeypatch.setattr(logging.root, "handlers", [lines, logging.NullHandler()])

    assert (alone is not None, outcome_line._only_handler()) == (True, None)
