"""`python -m tests.settlement.cost` prints what settling adds to a task, in microseconds: medians of many rounds."""

from statistics import median
from time import perf_counter
from typing import Any

from celery import Celery
from celery.app.trace import build_tracer
from celery_platform.dead_letters.headers import wrong_header
from celery_platform.settlement.attempt import settled
from celery_platform.settlement.names import Settlement
from celery_platform.settlement.request import Request

CALLS, ROUNDS = 2_000, 15


def microseconds(call: Any) -> float:
    """The time of one call."""
    began = perf_counter()
    for _ in range(CALLS):
        call()
    return (perf_counter() - began) / CALLS * 1e6


def nothing() -> None:
    """A task's body."""


class Delivery(Request):
    """One without a message, which none of this needs."""

    name, id = "cost.nothing", "1"


def added() -> dict[str, float]:
    """What each part takes for a task that succeeds; the first is what settling adds to Celery's own tracer."""
    app = Celery("cost", broker="memory://", set_as_current=False)
    task: Any = app.task(name="cost.nothing", ignore_result=True)(nothing)
    app.finalize()
    stock = build_tracer(task.name, task, app=app)
    ours = settled(task, stock)
    message = app.amqp.as_task_v2("1", task.name)
    request = {"delivery_info": {}, "id": "1", "ignore_result": True}
    delivery: Any = object.__new__(Delivery)

    def settle() -> None:
        delivery.settlement = None
        with delivery.settled_as(Settlement.DONE):
            pass

    def run(trace: Any) -> float:
        return microseconds(lambda: trace("1", (), {}, dict(request)))

    rounds = [
        (
            run(ours) - run(stock),
            microseconds(lambda: wrong_header(message.headers)),
            microseconds(settle),
        )
        for _ in range(ROUNDS)
    ]
    names = ("around the tracer", "the types of headers", "the name, sent to listeners")
    return {name: median(values) for name, values in zip(names, zip(*rounds, strict=True), strict=True)}


if __name__ == "__main__":
    for name, value in added().items():
        print(f"{value:5.2f} us  {name}")
