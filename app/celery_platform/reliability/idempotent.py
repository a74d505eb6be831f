"""An effect that happens once for each key, however often its message is sent, delivered or run in parallel.

The decorated task claims its key first. The run that owns the key stores its result. A run that finds the key done
returns that result without running the task. A run that finds another run of the same task in progress is sent back
until that run's lease may be over. A worker that dies in the middle leaves its lease, which expires, and the next
delivery runs the task again. So the effect itself must tolerate that one repetition: by a key that the other side knows
(a gateway's idempotency key, an e-mail's Message-ID), by the fencing token (`fencing_token(self)`), or by
`SqlClaims.finish` in the effect's own transaction.

A run costs one round trip before the task and one after it. The function may be `async def`.
"""

import asyncio
import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ParamSpec, TypeVar

from celery import Task

from celery_platform.errors import ApplicationError
from celery_platform.reliability.claimed_run import ClaimedRun
from celery_platform.reliability.claims import ClaimStore, State, valkey_claims
from celery_platform.reliability.errors import TransientError
from celery_platform.reliability.signals import effect_repeated
from celery_platform.reliability.waiting import wait
from celery_platform.routes import queue_of_request
from celery_platform.settings import runtime

P = ParamSpec("P")
R = TypeVar("R")

# The attribute of the request, which is the run's own, where a run keeps its token.
_ATTRIBUTE = "fencing_token"
# Marks functions decorated without `lease_seconds`: a worker refuses to start with them on a queue without a limit.
LEASE_OF_LIMIT = "lease_is_the_time_limit"
# Where such functions keep what finds the state of an effect without running it.
_STATE_OF_EFFECT = "state_of_effect"

# Redeliveries and most replays come within a week; SQS keeps dead-lettered messages for two.
KEEP_SECONDS = 7 * 86_400
# Most effects take less than a second, so a waiting run asks before the owner's lease is over whether it is done.
SHORTEST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 1.0, 5.0


class TakenError(TransientError):
    """Another run of the same key is in progress. Raised only outside a worker, where a call cannot be sent back."""


def idempotent(
    key: Callable[..., str],
    *,
    lease_seconds: float | None = None,
    keep_seconds: float = KEEP_SECONDS,
    store: Callable[[], ClaimStore] = valkey_claims,
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Run a bound task once for each key.

    `key` is called with the task's arguments by name and returns the key. `lease_seconds` must outlast a run; the
    default is the hard time limit of the task's queue, after which no run is alive. On a queue without a limit it must
    be stated. `keep_seconds` must outlast every redelivery and replay. `store` is called when the task runs. The task's
    result is stored as JSON, with kombu's notation of times, decimals, UUIDs and bytes. Of a result that JSON cannot
    carry (a set) the effect is noted alone: a repeated run has no effect and returns `None`.

    Example:
        @celery.task(bind=True, name="orders.tasks.ship")
        @idempotent(key=lambda key, **_: f"email:{key}")
        def ship(self, key, to): ...
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        signature = inspect.signature(function)

        def begin(*given: Any, **named: Any) -> ClaimedRun:
            bound = signature.bind(*given, **named)
            bound.apply_defaults()
            task, *_ = bound.args
            arguments = dict(list(bound.arguments.items())[1:])
            lease = lease_seconds or _hard_time_limit(task)
            claims = store()
            claim = claims.claim(key(**arguments), lease_seconds=lease)
            if claim.state is State.DONE:
                effect_repeated.send(sender=None, key=claim.key)
            elif claim.state is State.TAKEN:
                _come_back(task, claim.key, claim.lease_left)
            else:
                setattr(task.request, _ATTRIBUTE, claim.token)
            return ClaimedRun(task.name, claims, claim, lease, keep_seconds)

        calling = _awaiting if inspect.iscoroutinefunction(function) else _calling
        run: Any = functools.wraps(function)(calling(function, begin))

        def state_of(task: Task[Any, Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> State | None:
            bound = signature.bind(task, *args, **kwargs)
            bound.apply_defaults()
            return store().look(key(**dict(list(bound.arguments.items())[1:])))

        # When Celery publishes, it checks arguments by the signature of the function it has, and unwraps none.
        run.__signature__ = signature
        setattr(run, LEASE_OF_LIMIT, lease_seconds is None)
        setattr(run, _STATE_OF_EFFECT, state_of)
        return run  # type: ignore[no-any-return] # of the function's own type

    return decorate


def _calling(function: Callable[..., Any], begin: Callable[..., ClaimedRun]) -> Callable[..., Any]:
    def run(*given: Any, **named: Any) -> Any:
        claimed = begin(*given, **named)
        if claimed.done_before:
            return claimed.earlier_result()
        try:
            result = function(*given, **named)
        except Exception:
            claimed.give_up()
            raise
        claimed.finish(result)
        return result

    return run


def _awaiting(function: Callable[..., Any], begin: Callable[..., ClaimedRun]) -> Callable[..., Any]:
    """As `_calling`, for `async def`: the store is asked in a thread, so that other tasks run meanwhile."""

    async def run(*given: Any, **named: Any) -> Any:
        claimed = await asyncio.to_thread(begin, *given, **named)
        if claimed.done_before:
            return claimed.earlier_result()
        try:
            result = await function(*given, **named)
        except Exception:
            await asyncio.to_thread(claimed.give_up)
            raise
        await asyncio.to_thread(claimed.finish, result)
        return result

    return run


def is_idempotent(task: Task[Any, Any]) -> bool:
    """Whether the task claims a key before it runs."""
    return hasattr(task.run, _STATE_OF_EFFECT)


def state_of_effect(task: Task[Any, Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> State | None:
    """What a run of an idempotent task with these arguments would find: `DONE`, `TAKEN`, or `None`. It claims nothing.

    Raises:
        TypeError: the task does not take these arguments.
        StoreAwayError: the store of its claims is away.

    Example: `state_of_effect(ship, ["order-1", "ann@example.com"], {}) is State.DONE`
    """
    state: State | None = getattr(task.run, _STATE_OF_EFFECT)(task, args, kwargs)
    return state


def fencing_token(task: Task[Any, Any]) -> int:
    """Return the token of the claim of the task's current run, larger than that of every earlier run of this key."""
    return int(getattr(task.request, _ATTRIBUTE))


def _hard_time_limit(task: Task[Any, Any]) -> float:
    queue = queue_of_request(runtime().environment, str(task.name), task.request)
    limit = queue.hard_time_limit if queue.hard_time_limit is not None else task.time_limit
    if limit is None:
        raise ApplicationError(
            expected=f"lease_seconds of the idempotent task {task.name}: queue {queue.label} has no time limit",
            found="none",
            remedy="Say @idempotent(..., lease_seconds=...), longer than any run of it.",
        )
    return float(limit)


def _come_back(task: Task[Any, Any], key: str, lease_left: float) -> None:
    if task.request.called_directly:
        raise TakenError(f"another run is at work on {key}; its lease ends in {lease_left:.1f} s")
    wait(task, min(max(SHORTEST_WAIT_SECONDS, lease_left), LONGEST_WAIT_SECONDS))
