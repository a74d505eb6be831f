"""HTTP calls for each message on SQS: receives and deletes."""

import time
from collections.abc import Mapping
from pathlib import Path

from tests.benchmarks import counter
from tests.benchmarks.cases import Case
from tests.benchmarks.processes import running, send
from tests.harness.refusing_proxy import refusing_proxy


def calls(case: Case, count: int, folder: Path, account: Mapping[str, str]) -> dict[str, float]:
    """Calls for each message of a full queue, counted by a proxy that only workers use."""
    path = folder / "counter"
    environment = {"BENCHMARK_BROKER": "sqs://", counter.VARIABLE: str(path), **account, **case.variables}
    send(case.system, "noop", count, environment)
    counted = counter.create(path)
    with refusing_proxy(account["AWS_ENDPOINT_URL"]) as (endpoint, proxy):
        through = environment | {"AWS_ENDPOINT_URL": endpoint}
        with running(case.system, case.commands, through, folder / "workers.log"):
            counter.wait_for(counted, count, time.monotonic() + 120)
        # After the workers have ended, so that the last deletes are counted.
        asked = sum(times for operation, times in proxy.asked.items() if "Message" in operation)
    return {"calls": asked / count}
