"""What is sent for each way in which a task can end, and what becomes of it on every broker and pool."""

from collections.abc import Mapping
from dataclasses import dataclass, field

DONE, RETRIED, DEAD, BACK = ["done"], ["retried"], ["dead_lettered"], ["given_back"]
IGNORED, EXPIRED = ["ignored"], ["expired"]
# Where a next step goes that no worker can have: no route matches its name.
NOWHERE = "signature('nobody.knows')"


@dataclass(frozen=True)
class Case:
    """`send` is Python: `task` is the task, `how` the way in which it ends. The rest is what becomes of the message."""

    how: str
    settlements: list[str]
    runs: int = 1
    state: str = "SUCCESS"
    send: str = "task.apply_async(kwargs={'how': how})"
    # What the reason of the dead-lettered message begins with.
    reason: str = ""
    name: str = field(default="")
    # Ends otherwise when the message was acknowledged before the task began.
    early: Mapping[str, object] = field(default_factory=dict)

    @property
    def title(self) -> str:
        return self.name or self.how

    @property
    def dead_lettered(self) -> int:
        return self.settlements.count("dead_lettered")


def _dead(how: str, reason: str = "", **more: object) -> Case:
    return Case(how, DEAD, state="FAILURE", reason=reason, **more)  # type: ignore[arg-type]


def _linked(name: str, how: str, send: str, **more: object) -> Case:
    return Case(how, DEAD, send=send, name=name, **{"state": "FAILURE", **more})  # type: ignore[arg-type]


CASES = (
    Case("returns nothing", DONE),
    Case("returns a decimal", DONE),
    Case("returns a time", DONE),
    _dead("returns a set", "EncodeError"),
    _dead("returns an object", "EncodeError"),
    _dead("returns a key that is no text", "EncodeError"),
    Case("returns text that UTF-8 cannot carry", DONE),
    _dead("raises ValueError", "ValueError: no"),
    _dead("raises an error without text", "SilentError: its text cannot be had"),
    _dead("raises an error that cannot be unpickled", "TwoArgumentsError: 7 seven"),
    _dead("raises an error with an object in it", "ValueError"),
    _dead("raises an error with a file name that is not UTF-8", "OSError: caf"),
    _dead("raises an error that says much", "ValueError: xxx"),
    _dead("raises an error that says much beyond ASCII", "ValueError: \N{GRINNING FACE}"),
    _dead("raises a group of errors", "ExceptionGroup: two"),
    _dead("raises StopIteration", "StopIteration"),
    _dead("raises AssertionError", "AssertionError"),
    _dead("raises PermanentError", "PermanentError: never"),
    Case("raises TransientError always", RETRIED + DEAD, runs=2, state="FAILURE", reason="TransientError"),
    Case("raises TransientError once", RETRIED + DONE, runs=2),
    _dead("raises SoftTimeLimitExceeded itself", "SoftTimeLimitExceeded"),
    _dead("recurses without end", "RecursionError"),
    _dead("raises MemoryError", "MemoryError"),
    _dead("raises SystemExit(0)", "SystemExit: 0"),
    _dead("raises SystemExit(3)", "SystemExit: 3"),
    _dead("raises KeyboardInterrupt", "KeyboardInterrupt"),
    _dead("raises GeneratorExit", "GeneratorExit"),
    _dead("raises asyncio.CancelledError", "CancelledError"),
    _dead("raises a BaseException of its own", "OwnBaseError: mine"),
    Case("raises Ignore", IGNORED, state="PENDING"),
    _dead("raises Reject", "Reject"),
    # Acknowledged before it began, it has no queue to go back to.
    Case(
        "raises Reject with requeue, once", BACK + DONE, runs=2,
        early={"settlements": DEAD, "runs": 1, "state": "FAILURE"},
    ),
    Case("retries once", RETRIED + DONE, runs=2),
    Case("retries for ever", RETRIED + DEAD, runs=2, state="FAILURE", reason="MaxRetriesExceededError"),
    _dead("retries with an argument that cannot be sent", "RefusedMessageError"),
    _dead("publishes itself by replace, refused", "RefusedMessageError"),
    _dead(
        "runs longer than its soft limit", "SoftTimeLimitExceeded",
        send="task.apply_async(kwargs={'how': how}, soft_time_limit=1, time_limit=20)",
    ),
    _dead(
        "runs longer than its soft limit", "SoftTimeLimitExceeded",
        name="runs longer than its hard limit, which alone the call names",
        send="task.apply_async(kwargs={'how': how}, time_limit=3)",
    ),
    _dead(
        "runs longer than its hard limit", "TimeLimitExceeded",
        send="task.apply_async(kwargs={'how': how}, soft_time_limit=1, time_limit=2)",
    ),
    _dead("before_start raises ValueError", "ValueError: before", runs=0),
    _dead("before_start raises SystemExit", "SystemExit: 3", runs=0),
    _dead("before_start raises Reject", "Reject", runs=0),
    Case("on_success raises ValueError", DONE),
    Case("on_success raises SystemExit", DONE),
    Case("on_success raises MemoryError", DONE),
    Case("on_success raises Reject", DEAD, reason="Reject"),
    Case("after_return raises ValueError", DONE),
    Case("after_return raises SystemExit", DONE),
    _dead("on_failure raises ValueError", "ValueError: on purpose"),
    _linked("the rest of its chain is refused", "returns nothing", f"chain(task.s(how=how), {NOWHERE}).apply_async()"),
    _linked("its link is refused", "returns nothing", f"task.apply_async(kwargs={{'how': how}}, link={NOWHERE})"),
    _linked(
        "its errback is refused", "raises ValueError",
        f"task.apply_async(kwargs={{'how': how}}, link_error={NOWHERE})", reason="ValueError: no",
    ),
    _linked(
        "a part of a chord fails", "raises ValueError",
        "chord([task.s(how=how)], task.s(how='returns nothing')).apply_async()", reason="ValueError: no",
    ),
    _linked(
        "a chunk has a bad item", "raises ValueError", "refuse.chunks([('a', 'b')], 1).apply_async()",
        runs=0, state="PENDING", reason="PermanentError: a cannot be done",
    ),
    _linked(
        "a starmap has a bad item", "raises ValueError", "refuse.starmap([('a', 'b')]).apply_async()",
        runs=0, state="PENDING", reason="PermanentError: a cannot be done",
    ),
    Case(
        "returns nothing", EXPIRED, runs=0, state="REVOKED", name="it came too late",
        send="task.apply_async(kwargs={'how': how}, expires=0.001)",
    ),
)  # fmt: skip
