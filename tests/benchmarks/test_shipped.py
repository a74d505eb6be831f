"""`make bench` measures pools as an environment renders them; it needs servers, so here only what it is made of."""

import pytest
from celery_platform.environment.resolve import resolve

from tests.benchmarks import __main__ as bench
from tests.benchmarks.cases import LEAN, SHIPPED, shipped
from tests.benchmarks.shipped.environments import FILE
from tests.harness.environment import described


def test_each_shipped_row_is_a_pool_of_the_environment_with_nothing_chosen_but_its_slots() -> None:
    pools = described(FILE).pools

    for case in (*SHIPPED, shipped("threads", 100), shipped("gevent", 100), shipped("asyncio", 100)):
        pool = pools[case.variables["BENCHMARK_POOL"]]
        assert pool.type == case.commands[0][-1]
        assert str(pool.concurrency) == case.name.split()[2].rstrip(",")
        assert not pool.model_fields_set & {"prefetch_multiplier", "max_tasks_per_child", "max_memory_per_child_mib"}


def test_shipped_workers_get_no_option_that_stock_ones_do_not_have() -> None:
    assert not any(option in case.commands[0] for case in SHIPPED for option in LEAN)


def test_each_pool_of_the_environment_has_a_queue_of_its_own() -> None:
    resolved = resolve(described(FILE))

    assert {name: pool["queues"] for name, pool in resolved["pools"].items()} == {
        name: [name] for name in resolved["pools"]
    }


def test_the_command_shows_its_options(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["bench", "--help"])

    with pytest.raises(SystemExit):
        bench.main()

    assert "--rounds" in capsys.readouterr().out
