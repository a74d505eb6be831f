"""Turbo on Redis: few round trips for many messages, none lost with a process, none kept by a long turn."""

import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from celery_platform.transports.redis.transport import Transport
from celery_platform.transports.turn import ACKS_PER_WRITE, STALE_SECONDS
from kombu import Connection, Consumer, Queue
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError

from tests.celery_platform.turbo.harness.bench import Bench
from tests.harness.waiting import eventually

TASKS = 3000


@pytest.fixture
def redis_url(valkey_port: int) -> Iterator[str]:
    url = f"redis://127.0.0.1:{valkey_port}/8"
    yield url
    Redis.from_url(url).flushdb()


@pytest.fixture
def redis_bench(bench: Bench, redis_url: str) -> Bench:
    """The bench, whose workers take their messages from Redis."""
    return replace(bench, variables=bench.variables | {"TURBO_BROKER": redis_url})


def send(bench: Bench, where: str, tasks: int) -> None:
    with bench.work.app.connection_for_write(bench.variables["TURBO_BROKER"]) as connection:
        for number in range(tasks):
            bench.work.record.apply_async((where, number), connection=connection)


def calls(store: Redis) -> Counter[str]:
    return Counter({name: stats["calls"] for name, stats in store.info("commandstats").items()})


def drained(bench: Bench, store: Redis) -> Counter[str]:
    """The calls that a worker of two processes makes for `TASKS` messages of no work."""
    with bench.work.app.connection_for_write(bench.variables["TURBO_BROKER"]) as connection:
        for _ in range(TASKS):
            bench.work.nothing.apply_async(connection=connection)
    before = calls(store)
    with bench.worker(2):
        eventually(lambda: not store.llen(bench.work.QUEUE) and not store.hlen("unacked"), "all tasks", 120)
    return calls(store) - before


def test_many_messages_cost_few_round_trips(redis_bench: Bench, redis_url: str) -> None:
    store = Redis.from_url(redis_url, decode_responses=True)
    # Other load on the machine makes turns of fewer messages and so more calls, never fewer: one of three runs counts.
    # So does work, which this has none of: after two milliseconds of it, what is done is acknowledged.
    # Whatever else they do once a second, with kombu's own transport each of these would be called for each message.
    assert any(
        max(cost["cmdstat_hdel"], cost["cmdstat_eval"]) < TASKS / 8
        for cost in (drained(redis_bench, store) for _ in range(3))
    )


def test_killed_processes_lose_nothing_and_repeat_no_more_than_the_window(redis_bench: Bench, where: str) -> None:
    send(redis_bench, where, TASKS)
    kills = 0
    with redis_bench.worker(2) as (process, _):
        for share in (0.2, 0.5, 0.8):
            redis_bench.noted(where, int(TASKS * share), seconds=60)
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
            os.kill(int(children[0]), signal.SIGKILL)
            kills += 1
        eventually(lambda: len(set(redis_bench.list_(where))) == TASKS, "every task", seconds=60)

    assert len(redis_bench.list_(where)) - TASKS <= kills * (ACKS_PER_WRITE + 1)


def test_a_long_turn_leaves_the_rest_for_the_next(redis_url: str) -> None:
    with Connection(redis_url, transport=Transport) as connection:
        for number in range(5):
            connection.SimpleQueue("slow").put(number)
        channel: Any = connection.default_channel
        done: list[int] = []

        def work(body: int, message: Any) -> None:
            time.sleep(0.02)
            message.ack()
            done.append(body)

        with Consumer(channel, [Queue("slow")], callbacks=[work]):
            connection.drain_events(timeout=5)
            assert done == [0]
            channel.hand_over()
            assert done == [0, 1]
        channel.close()

        assert Redis.from_url(redis_url).llen("slow") == 3, "what was taken and not begun went back"
        assert Redis.from_url(redis_url).hlen("unacked") == 0


def test_what_is_done_is_acknowledged_before_the_next_begins(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("celery_platform.transports.redis.transport.TURN_SECONDS", 10)
    store, kept = Redis.from_url(redis_url), []
    with Connection(redis_url, transport=Transport) as connection:
        for number in range(4):
            connection.SimpleQueue("long").put(number)
        transport: Any = connection.transport
        transport.batches_acks = True

        def work(_body: int, message: Any) -> None:
            time.sleep(10 * STALE_SECONDS)
            kept.append(store.hlen("unacked"))
            message.ack()

        with Consumer(connection.default_channel, [Queue("long")], callbacks=[work]):
            connection.drain_events(timeout=5)

        assert kept == [4, 3, 2, 1]
        transport.send_acknowledgements()
        assert eventually(lambda: store.hlen("unacked") == 0, "the last acknowledgement", 5)
        transport.send_acknowledgements()
        assert not transport.Channel.pending, "once Redis has answered"


@contextmanager
def with_one_pending(redis_url: str, queue: str) -> Iterator[Any]:
    """A worker's transport with one message that is acknowledged and not sent as such."""
    with Connection(redis_url, transport=Transport) as connection:
        connection.SimpleQueue(queue).put("one")
        transport: Any = connection.transport
        transport.batches_acks = True
        with Consumer(connection.default_channel, [Queue(queue)], callbacks=[lambda _body, message: message.ack()]):
            connection.drain_events(timeout=5)
        yield transport


def test_what_redis_did_not_answer_is_acknowledged_again(redis_url: str) -> None:
    store = Redis.from_url(redis_url)
    with with_one_pending(redis_url, "cut") as transport:
        store.hset("unacked", "another", "of no worker")
        transport.send_acknowledgements()
        transport.sent._connection.disconnect()
        assert transport.Channel.pending

        transport.flush_acknowledgements()

        assert not transport.Channel.pending
        assert store.hkeys("unacked") == [b"another"]


def test_what_redis_refuses_stays_pending(redis_url: str) -> None:
    store = Redis.from_url(redis_url)
    with with_one_pending(redis_url, "refused") as transport:
        held: Any = store.hgetall("unacked")
        store.delete("unacked")
        store.set("unacked", "no hash")
        transport.send_acknowledgements()
        eventually(transport.sent.arrived, "the refusal", 5)
        with suppress(RedisError):  # where another server would help
            transport.send_acknowledgements()
        assert transport.Channel.pending

        store.delete("unacked")
        store.hset("unacked", mapping=held)
        eventually(lambda: _flushed(transport), "the end of the back-off", 10)
        assert store.hlen("unacked") == 0


def _flushed(transport: Any) -> bool:
    transport.flush_acknowledgements()
    return not transport.Channel.pending


def test_what_has_no_result_is_not_acknowledged_until_it_has_one(redis_url: str) -> None:
    store = Redis.from_url(redis_url)
    with Connection(redis_url, transport=Transport) as connection:
        connection.SimpleQueue("results").put("one")
        transport: Any = connection.transport
        transport.batches_acks = True
        channel: Any = connection.default_channel
        with Consumer(channel, [Queue("results")], callbacks=[lambda _body, message: message.ack()]):
            connection.drain_events(timeout=5)

        def fail() -> None:
            raise TimeoutError

        transport.before_acks = fail
        with pytest.raises(RedisConnectionError, match="results could not be stored"):
            channel.flush_acknowledgements()
        assert store.hlen("unacked") == 1

        transport.before_acks = None
        channel.flush_acknowledgements()
        assert store.hlen("unacked") == 0


def test_a_channel_closes_although_results_cannot_be_stored(redis_url: str) -> None:
    with Connection(redis_url, transport=Transport) as connection:
        connection.SimpleQueue("results").put("one")
        transport: Any = connection.transport
        transport.batches_acks = True
        channel: Any = connection.default_channel
        with Consumer(channel, [Queue("results")], callbacks=[lambda _body, message: message.ack()]):
            connection.drain_events(timeout=5)

        def fail() -> None:
            raise TimeoutError

        transport.before_acks = fail
        channel.close()

        assert channel.closed
        assert Redis.from_url(redis_url).hlen("unacked") == 1, "it comes again after the visibility timeout"
    Transport.Channel.pending.clear()
