"""`python -m tests.soak.process worker|defective|send TOKEN SECONDS COUNT RATE`: a process of the soak."""

import itertools
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from celery import chain

from tests.history.check import AGAIN_SENT
from tests.history.events import Kind
from tests.soak.tasks import effect, history, write_history

# How long a message is offered again before its sender gives up.
PATIENCE_SECONDS = 120


def main() -> None:
    """Start a worker of the pool `soak`, or send the load."""
    what, *words = sys.argv[1:]
    if what == "send":
        token, seconds, count, rate = words
        send(token, float(seconds), int(count), float(rate))
        return
    write_history()
    if what == "defective":
        acknowledge_one_unrun()
    from celery_platform.worker.start import start_worker

    start_worker("soak")


def send(token: str, seconds: float, count: int, rate: float) -> None:
    """Send `rate` messages a second for so many seconds, `count` at most (0: no bound)."""
    begun = time.monotonic()
    number = 0
    while time.monotonic() - begun < seconds and number < (count or float("inf")):
        message = f"{token}-{number}"
        steps = (f"{message}.2", f"{message}.3") if number % 20 == 0 else ()
        attempts = _until_taken(message, partial(_publish, message, steps, number))
        history.record(Kind.PUBLISHED, message, steps=steps, what=AGAIN_SENT if attempts > 1 else "")
        number += 1
        time.sleep(max(0.0, number / rate - (time.monotonic() - begun)))


def _publish(message: str, steps: tuple[str, ...], number: int) -> None:
    """Of twenty, one is a chain, one delayed, one fails at first, one for good, one takes its time."""
    if steps:
        chain(*(effect.si(each).set(task_id=each) for each in (message, *steps))).apply_async()
        return
    named: dict[int, dict[str, Any]] = {2: {"failures": 1}, 3: {"seconds": 0.2}, 4: {"fatal": True}}
    options: dict[str, Any] = {"countdown": 1} if number % 20 == 1 else {}
    effect.apply_async((message,), named.get(number % 20, {}), task_id=message, **options)


def _until_taken(message: str, publish: Callable[[], None]) -> int:
    """Publish, and again while it is not confirmed; returns how many attempts it took."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    for attempt in itertools.count(1):
        try:
            publish()
        except Exception:
            if time.monotonic() > deadline:
                raise SystemExit(f"{message} was never taken") from None
            time.sleep(0.2)
        else:
            return attempt
    raise AssertionError


def acknowledge_one_unrun() -> None:
    """Plant a loss: the first message is acknowledged and runs nowhere."""
    from celery_platform.dead_letters import unreadable

    create = unreadable._create_task_handler
    left = [1]

    def defective(*args: Any, **kwargs: Any) -> Callable[[Any], Any]:
        handle = create(*args, **kwargs)

        def handler(message: Any) -> Any:
            return message.ack() if left and left.pop() else handle(message)

        return handler

    unreadable._create_task_handler = defective


if __name__ == "__main__":
    main()
