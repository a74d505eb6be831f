"""A connection that is lost gives back what was taken and not begun; each of these deliveries has a settlement."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.harness.cable import cable
from tests.harness.environment import TestEnvironment
from tests.harness.waiting import eventually

# More than there are slots; each takes 16 s, long enough for its connection to be lost before it ends.
SEND = """
import json
from exercises.endings import end_late
sent = [end_late.apply_async(kwargs={"how": "runs longer than its hard limit"}, soft_time_limit=60) for _ in range(4)]
print(json.dumps([each.id for each in sent]))
"""
ASK = """
import json, sys
from celery_platform.reliability.valkey import valkey
from exercises.endings import key
print(json.dumps([valkey().lrange(key(each, sys.argv[2]), 0, -1) for each in json.loads(sys.argv[1])]))
"""


@pytest.mark.parametrize("pool", ["prefork"])
def test_every_delivery_of_a_lost_connection_is_given_back(
    rabbitmq: TestEnvironment, tmp_path: Path, pool: str
) -> None:
    port = int(rabbitmq.broker_url.rpartition(":")[2])
    with cable(port) as wire:
        pools = {"cpu": {"type": pool, "concurrency": 2, "prefetch_multiplier": 2}}
        variant = rabbitmq.variant(tmp_path, pools=pools, broker_url=f"amqp://127.0.0.1:{wire.port}")
        with variant.worker("cpu") as (_, log):
            sent = variant.python(SEND)
            settled, runs = _noted(variant, sent, "settled"), _noted(variant, sent, "runs")
            eventually(lambda: len(runs()) == 2, f"two tasks, with two messages behind them; {log}")

            wire.pull()
            wire.plug()

            eventually(lambda: settled().count("done") == 4, f"their tasks; {log}", 120)
    assert sorted(settled()) == ["done"] * 4 + ["given_back"] * 4


def _noted(environment: TestEnvironment, sent: str, what: str) -> Callable[[], list[str]]:
    def noted() -> list[str]:
        return [each for message in json.loads(environment.python(ASK, sent, what)) for each in message]

    return noted
