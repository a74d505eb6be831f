"""`app why`: why a queue is late, on every broker."""

from typing import TYPE_CHECKING, Annotated

import typer

from celery_platform.cli.env import Env, choose

if TYPE_CHECKING:
    from collections.abc import Iterator

    from celery_platform.observability.why import Why

MOST_TASKS = 8


def why(
    queue: Annotated[str, typer.Argument(metavar="QUEUE", help="its label in the environment file")],
    env: Env = "",
    seconds: Annotated[float, typer.Option(min=1, help="over how long rates are measured")] = 10.0,
    as_json: Annotated[bool, typer.Option("--json", help="JSON instead of text")] = False,
) -> None:
    """Say why a queue is late: its slots and what takes them, limits, pauses, rates, and when it will be empty.

    Asks the broker twice what the exporter asks, and the store a dozen commands, however much there is in them.
    """
    choose(env)
    from celery_platform.brokers import source_of
    from celery_platform.cli.queues import known_queue
    from celery_platform.observability.why import reasons
    from celery_platform.observability.why import why as ask
    from celery_platform.output import say, show_json
    from celery_platform.settings import runtime

    known_queue(queue)
    answer = ask(runtime(), source_of, queue, seconds=seconds)
    if as_json:
        return show_json({**answer.as_json(), "reasons": reasons(answer)})
    for reason in reasons(answer):
        say(reason, style="bold")
    for problem in answer.problems:
        say(problem, style="red")
    for line in _numbers(answer):
        say(line)
    return _tables(answer)


def _numbers(answer: "Why") -> "Iterator[str]":
    from celery_platform.output import age

    def said(number: float | None, form: str = "{:.0f}") -> str:
        return "?" if number is None else form.format(number)

    oldest = "" if answer.oldest_seconds is None else f", the oldest for {age(answer.oldest_seconds)}"
    yield (
        f"{answer.queue} on {answer.broker}: {said(answer.waiting)} wait{oldest}; {said(answer.held)} held by workers; "
        f"{said(answer.dead_letters)} dead-lettered"
    )
    yield (
        f"in {said(answer.rate_in, '{:.1f}')} a second, out {said(answer.rate_out, '{:.1f}')} (over "
        f"{answer.seconds:.0f} s), out lately {said(answer.lately, '{:.1f}')}; one that comes now is done in "
        f"{age(answer.wait_seconds)}"
    )


def _tables(answer: "Why") -> None:
    from celery_platform.output import age_of, show_table

    show_table(
        ("pool", "type", "workers", "slots", "busy", "held", "queues"),
        (
            (pool.name, pool.type, pool.workers, pool.slots, pool.busy, pool.held, ", ".join(pool.queues))
            for pool in answer.pools
        ),
        numbers=("workers", "slots", "busy", "held"),
    )
    if answer.tasks:
        show_table(
            ("task", "queue", "share of slots", "each", "a second", "failed", "went back"),
            (
                (load.task, load.queue, f"{load.share:.0%}", f"{load.mean_seconds:.3g} s", f"{load.per_second:.2g}",
                 f"{load.failed:.0%}", f"{load.waited:.0%}")
                for load in answer.tasks[:MOST_TASKS]
            ),
            numbers=("share of slots", "each", "a second", "failed", "went back"),
        )  # fmt: skip
    if answer.running:
        show_table(
            ("runs now", "for", "queue", "id"),
            ((each.task, age_of(each.since), each.queue, each.id) for each in answer.running),
        )
