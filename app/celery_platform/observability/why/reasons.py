"""What the numbers of a queue mean, the likeliest reason first, in sentences."""

from collections.abc import Iterator

from celery_platform.observability.why.answer import Why
from celery_platform.output import age, age_of

# A share of attempts above which failing, or waiting, is worth a sentence.
NOTABLE = 0.2
# A limit that lets the next run go on within a second holds nothing back.
LIMIT_SECONDS = 1.0


def reasons(answer: Why) -> list[str]:
    """The reasons for which the queue is late, or may be soon; one sentence each.

    Example: `reasons(why(runtime(), source_of, "email"))[0] == "Nothing waits."`
    """
    found = [*_stopped(answer), *_held_back(answer), *_slots(answer), *_failing(answer)]
    if answer.backlog == 0 and not found:
        return ["Nothing waits."]
    return [*found, *_drain(answer)]


def _stopped(answer: Why) -> Iterator[str]:
    """What keeps workers from taking any message."""
    if answer.paused is not None:
        by, reason = answer.paused.by or "somebody", f": {answer.paused.reason}" if answer.paused.reason else ""
        yield f"It has been paused for {age_of(answer.paused.since)} by {by}{reason}. `app queue resume {answer.queue}`"
    if answer.nodes_down:
        yield f"Nodes of the broker are down: {', '.join(answer.nodes_down)}."
    yield from (f"{alarm}." for alarm in answer.alarms)
    if not answer.problems and answer.pools and not answer.slots:
        yield f"No worker of {' or '.join(pool.name for pool in answer.pools)} has said anything for 20 s."


def _held_back(answer: Why) -> Iterator[str]:
    """What sends messages back to wait."""
    binding = [limit for limit in answer.limits if limit.wait_seconds > LIMIT_SECONDS]
    for limit in binding:
        yield (
            f"{limit.task} waits for the limit {limit.limit}, which lets {limit.rate} through: "
            f"one that asks now goes on after {age(limit.wait_seconds)}."
        )
    for load in answer.tasks:
        if load.queue == answer.queue and load.waited > NOTABLE and load.task not in {limit.task for limit in binding}:
            yield (
                f"{load.waited:.0%} of the attempts of {load.task} went back to wait, for a limit or for another "
                "attempt at the same effect."
            )


def _slots(answer: Why) -> Iterator[str]:
    """What the slots are doing."""
    if not answer.slots or not answer.backlog or answer.paused is not None:
        return
    busy = f"{answer.busy} of {answer.slots} slots"
    if not answer.full:
        yield f"{busy} run a task, so slots are not what it waits for, and more workers would not help."
        return
    of_all = "All" if answer.busy >= answer.slots else "Nearly all"
    top = answer.tasks[0] if answer.tasks else None
    whose = "" if top is None or top.queue == answer.queue else f", which is of the queue {top.queue},"
    takes = f": {top.task}{whose} takes {top.share:.0%} of their time, {top.mean_seconds:.2g} s each" if top else ""
    yield f"{of_all} slots are busy ({busy}){takes}."


def _failing(answer: Why) -> Iterator[str]:
    for load in answer.tasks:
        if load.queue == answer.queue and load.failed > NOTABLE:
            yield f"{load.failed:.0%} of the attempts of {load.task} failed for good: see `app dlq causes`."


def _drain(answer: Why) -> Iterator[str]:
    if not answer.backlog or answer.out is None or answer.paused is not None:
        return
    alone, more = answer.drained_in(), answer.drained_in(2)
    rates = f"{answer.rate_in or 0:.1f} a second come and {answer.out:.1f} leave"
    if alone is None:
        yield f"It {'grows' if (answer.rate_in or 0) > answer.out else 'does not shrink'}: {rates}."
    else:
        yield f"At this rate it is empty in {age(alone)}: {rates}."
    if answer.full and more is not None:
        yield f"With two more workers it would be empty in {age(more)}."
    elif answer.full:
        yield "Two more workers would not be enough."
