"""What a process gathers is sent once: soon, before it ends, and never by a process that was forked meanwhile."""

import logging
import subprocess
import sys
from pathlib import Path

import pytest
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
gathered.send_soon()
if os.fork() == 0:
    texts.texts.append("of the child")
    gathered.send_soon()
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


def test_what_is_gathered_is_sent_without_being_asked_again() -> None:
    class Numbers(gathered.Gathers):
        sent = 0

        def send(self) -> None:
            self.sent += 1

        def forget(self) -> None: ...

    numbers = Numbers()
    gathered.register(numbers)
    gathered.send_soon()
    eventually(lambda: numbers.sent == 1, "the first")

    gathered.send_soon()

    eventually(lambda: numbers.sent == 2, "the second")


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
