"""Lines of attempts that ended well wait for one write, and no forked process writes them too."""

import logging
import subprocess
import sys

import pytest
from celery_platform.observability.logs import outcome_line
from celery_platform.observability.logs.context import FIELDS
from celery_platform.observability.logs.gathered_lines import WHOLE_CHARACTERS, GatheredLines


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
