"""What a supervisor and one of its processes share: a few numbers in memory that both have."""

import mmap
from time import monotonic

DOUBLES = 8
TASK_ID_BYTES = 64
SLOT_BYTES = DOUBLES * 8 + TASK_ID_BYTES
TURNED_AT, BUSY_SINCE, SOFT_LIMIT_AT, HARD_LIMIT_AT, DONE, STOP_ASKED, READY = range(7)


class Slot:
    """The numbers of one process. Times are seconds of the monotonic clock, which all processes share; 0 means none.

    A number is written as a whole, so that the other side never reads half of one.
    """

    def __init__(self, memory: mmap.mmap, index: int) -> None:
        start = index * SLOT_BYTES
        self.numbers = memoryview(memory)[start : start + DOUBLES * 8].cast("d")
        self._id = memoryview(memory)[start + DOUBLES * 8 : start + SLOT_BYTES]

    @staticmethod
    def several(count: int) -> list["Slot"]:
        """Make `count` slots, for processes that are forked from this one."""
        memory = mmap.mmap(-1, count * SLOT_BYTES)
        return [Slot(memory, index) for index in range(count)]

    def clear(self) -> None:
        """Reset the numbers, for the next process."""
        for index in range(DOUBLES):
            self.numbers[index] = 0.0
        self.turned()

    def turned(self) -> None:
        """Note that the event loop has turned."""
        self.numbers[TURNED_AT] = monotonic()

    def begin(self, task_id: str, soft: float | None, hard: float | None) -> None:
        """Note that a task begins, with its limits in seconds; `None` for no limit."""
        now = monotonic()
        self.numbers[BUSY_SINCE] = now
        if soft or hard:
            name = task_id.encode()[:TASK_ID_BYTES].ljust(TASK_ID_BYTES, b"\0")
            self._id[:] = name
            self.numbers[SOFT_LIMIT_AT] = now + soft if soft else 0.0
            self.numbers[HARD_LIMIT_AT] = now + hard if hard else 0.0

    def end(self) -> None:
        """Note that the task has ended."""
        numbers = self.numbers
        numbers[SOFT_LIMIT_AT] = numbers[HARD_LIMIT_AT] = numbers[BUSY_SINCE] = 0.0
        numbers[DONE] += 1

    def ask_stop(self) -> None:
        """Ask the supervisor to stop the whole pool."""
        self.numbers[STOP_ASKED] = 1.0

    def ready(self) -> None:
        """Note that the process is ready to consume messages."""
        self.numbers[READY] = 1.0

    @property
    def task_id(self) -> str:
        """The task that runs, or ran last, under a limit."""
        return bytes(self._id).rstrip(b"\0").decode(errors="replace")
