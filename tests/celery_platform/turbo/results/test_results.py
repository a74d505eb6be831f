"""Results of a turbo process: stored together, before their messages are acknowledged."""

import time
from collections import Counter
from itertools import product
from types import SimpleNamespace
from typing import Any

import pytest
from celery.backends.redis import RedisBackend as StockBackend
from celery_platform.turbo.results.backend import RedisBackend
from celery_platform.turbo.worker.pool import TaskPool
from celery_platform.turbo.worker.strategy import _around
from redis import RedisError

from tests.celery_platform.turbo.harness.bench import Bench
from tests.harness.cable import cable
from tests.harness.waiting import eventually


def deferring(bench: Bench) -> RedisBackend:
    """A backend of the bench's store, as a turbo process has it."""
    return RedisBackend(app=bench.work.app, url=bench.variables["TURBO_RESULTS"])


def test_results_that_wait_are_stored_with_two_round_trips(bench: Bench, where: str) -> None:
    backend = deferring(bench)
    backend.defers = True
    before = Counter({name: stats["calls"] for name, stats in bench.store.info("commandstats").items()})
    for number in range(30):
        backend.store_result(f"{where}-{number}", number, "SUCCESS")
    assert bench.store.keys(f"*{where}*") == []

    backend.flush()

    after = Counter({name: stats["calls"] for name, stats in bench.store.info("commandstats").items()})
    assert [backend.get_task_meta(f"{where}-{number}")["result"] for number in range(30)] == list(range(30))
    assert (after - before)["cmdstat_mget"] == 1
    assert (after - before)["cmdstat_get"] == 0


def test_a_success_is_not_overwritten_by_a_run_that_came_later(bench: Bench, where: str) -> None:
    backend = deferring(bench)
    backend.store_result(where, "first", "SUCCESS")
    backend.defers = True
    backend.store_result(where, "second", "SUCCESS")
    backend.flush()

    assert backend.get_task_meta(where, cache=False)["result"] == "first"


@pytest.mark.parametrize("outcomes", list(product(("SUCCESS", "FAILURE"), repeat=3)), ids="-".join)
def test_copies_of_a_message_that_end_together_have_the_result_that_stock_celery_gives_them(
    bench: Bench, where: str, outcomes: tuple[str, ...]
) -> None:
    stock, backend = StockBackend(app=bench.work.app, url=bench.variables["TURBO_RESULTS"]), deferring(bench)
    backend.defers = True
    for name, each in (("stock", stock), ("turbo", backend)):
        for number, outcome in enumerate(outcomes):
            each.store_result(f"{where}-{name}", number if outcome == "SUCCESS" else ValueError(number), outcome)
    backend.flush()

    expected, found = (deferring(bench).get_task_meta(f"{where}-{name}") for name in ("stock", "turbo"))
    assert (found["status"], str(found["result"])) == (expected["status"], str(expected["result"]))


def test_a_result_that_was_stored_and_not_published_is_published_again(bench: Bench, where: str) -> None:
    backend = deferring(bench)
    backend.store_result(where, "stored", "SUCCESS")
    with bench.store.pubsub(ignore_subscribe_messages=True) as listener:
        listener.subscribe(backend.get_key_for_task(where).decode())
        backend.defers = True
        backend.store_result(where, "stored again", "SUCCESS")
        backend.flush()

        published = eventually(lambda: listener.get_message(timeout=1), "the message")
        assert '"stored"' in published["data"]


def test_what_could_not_be_stored_waits_on(bench: Bench, where: str) -> None:
    port = int(bench.variables["TURBO_RESULTS"].split(":")[2].split("/")[0])
    with cable(port) as line:
        url = bench.variables["TURBO_RESULTS"].replace(f":{port}/", f":{line.port}/")
        backend = RedisBackend(app=bench.work.app, url=url)
        backend._transport_options = {"retry_policy": {"max_retries": 1, "interval_start": 0}}
        backend.defers = True
        backend.store_result(where, "kept", "SUCCESS")
        line.pull()
        with pytest.raises(RedisError):
            backend.flush()
        line.plug()
        backend.flush()

    assert deferring(bench).get_task_meta(where)["result"] == "kept"


def test_results_are_deferred_also_where_that_is_allowed_after_the_strategy_was_made(bench: Bench) -> None:
    backend = deferring(bench)
    begin, end = _around(SimpleNamespace(backend=backend), TaskPool.__new__(_Idle))
    backend.may_defer = True

    begin("id", None, None)
    assert backend.defers
    end()
    assert not backend.defers


class _Idle(TaskPool):
    """A pool in name only: a real one takes the process's signals."""

    def begin(self, *_: Any) -> None:
        pass

    def end(self) -> None:
        pass


def test_a_store_that_went_away_takes_no_task_with_it(bench: Bench) -> None:
    """The result store is cut off while tasks run: their messages come again, and every result is there."""
    port = int(bench.variables["TURBO_RESULTS"].split(":")[2].split("/")[0])
    with cable(port) as line:
        results = bench.variables["TURBO_RESULTS"].replace(f":{port}/", f":{line.port}/")
        with bench.worker(1, TURBO_RESULTS=results):
            sent: list[Any] = []
            for number in range(200):
                sent.append(bench.work.add.delay(number, 1))
                if number == 100:
                    line.pull()
            time.sleep(1)
            line.plug()

            assert [each.get(timeout=60) for each in sent] == list(range(1, 201))
