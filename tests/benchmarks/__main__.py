"""`make bench`: measure every system in one run with interleaved rounds; writes JSON, tables and a plot.

`python -m tests.benchmarks --help` lists the options.
"""

import argparse
import json
import os
import platform
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

from tests.benchmarks import report
from tests.benchmarks.cases import (
    ON_AMQP,
    ON_EVERY_BROKER,
    ON_REDIS,
    SHIPPED,
    Case,
    dramatiq,
    lean,
    ours,
    shipped,
    stock,
    taskiq,
    turbo,
)
from tests.benchmarks.measures.calls import calls
from tests.benchmarks.measures.drain import drain
from tests.benchmarks.measures.latency import latency
from tests.benchmarks.measures.memory import memory
from tests.benchmarks.measures.publish import PUBLISHERS, publish
from tests.benchmarks.processes import is_installed
from tests.benchmarks.shipped.environments import Environments
from tests.harness import servers

Measure = Callable[[], dict[str, float]]
FOLDER = Path(__file__).parent
# Credentials for the emulator, which accepts any.
ACCOUNT = {"AWS_DEFAULT_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


def measures(
    environments: Environments, aws: dict[str, str], count: int, folder: Path
) -> Iterator[tuple[str, str, Measure]]:
    """Section, row and measurement, in the order of one round."""
    amqp, redis = environments.amqp, environments.redis

    def drained(
        section: str, cases: list[Case], broker: str, share: int = 1, task: str = "noop", **variables: str
    ) -> Iterator[tuple[str, str, Measure]]:
        for case in filter(_has_its_libraries, cases):
            more = {**variables, **environments.of(case, broker)}
            yield section, case.name, partial(drain, case, broker, count // share, folder, task, more)

    yield from drained("drain, RabbitMQ quorum queue", ON_EVERY_BROKER, amqp, BENCHMARK_QUEUE="quorum")
    # What is shipped has quorum queues only.
    classic = [case for case in ON_AMQP if case not in SHIPPED]
    yield from drained("drain, RabbitMQ classic queue", classic, amqp)
    yield from drained("drain, Redis", ON_REDIS, redis, 2)
    # The emulator scans the whole queue at each receive, which would dominate the measurement of a long queue.
    yield from drained("drain, SQS (emulated)", ON_EVERY_BROKER, "sqs://", 16, **aws)
    for case in ON_EVERY_BROKER:
        more = {**aws, **environments.of(case, "sqs://")}
        yield "HTTP calls of a message on SQS", case.name, partial(calls, case, 500, folder, more)
    gevent = [stock("gevent", 100), lean("gevent", 100), ours("gevent")]
    threads = [stock("threads", 100), lean("threads", 100), ours("threads")]
    product = [shipped("threads", 100), shipped("gevent", 100), shipped("asyncio", 100)]
    waiting = [threads[0], *product, *threads[1:], *gevent, dramatiq(1, 100), dramatiq(2, 100), taskiq(1), taskiq()]
    yield from drained("tasks that wait 10 ms", waiting, amqp, 2, "wait")
    store = f"{redis[:-1]}3"
    yield from drained("drain, results stored in Redis", ON_EVERY_BROKER, amqp, 2, "add", BENCHMARK_RESULTS=store)
    for name in PUBLISHERS:
        yield "publish, one process", name, partial(publish, name, amqp, count)
    for case in ON_EVERY_BROKER:
        more = dict(environments.of(case, amqp))
        yield "latency at 50 tasks a second", case.name, partial(latency, case, amqp, 1000, folder, more)
    for case in (stock(slots=8), stock(slots=8, BENCHMARK_FREEZE="1"), turbo(8)):
        yield "memory of eight processes", case.name, partial(memory, case, amqp, folder)


def _has_its_libraries(case: Case) -> bool:
    if not is_installed(case.system):
        print(f"left out: {case.name}, whose libraries are not installed (it needs a newer Python)", file=sys.stderr)
    return is_installed(case.system)


def main() -> int:
    options = argparse.ArgumentParser(prog="make bench", description=__doc__)
    options.add_argument("--tasks", type=int, default=40_000, help="tasks for the fastest; slower ones get fewer")
    options.add_argument("--rounds", type=int, default=3, help="how often each system is measured; tables show medians")
    options.add_argument("--minutes", type=float, default=60, help="start no measurement after so many")
    options.add_argument("--only", default="", help="measure only sections or rows whose names contain this text")
    options.add_argument("--json", type=Path, default=FOLDER / "results.json", help="file for all measurements")
    options.add_argument("--readme", action="store_true", help="write tables and plot to tests/benchmarks/README.md")
    chosen = options.parse_args()
    # On SIGTERM, it stops the servers and workers that it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    results: list[dict[str, Any]] = []
    began = time.monotonic()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        amqp = f"amqp://guest:guest@127.0.0.1:{stack.enter_context(servers.rabbitmq(folder))}/%2F"
        redis = f"redis://127.0.0.1:{stack.enter_context(servers.valkey(folder))}/0"
        aws = ACCOUNT | {"AWS_ENDPOINT_URL": stack.enter_context(servers.aws(folder))}
        environments = Environments(folder, aws["AWS_ENDPOINT_URL"], amqp, redis)
        for number in range(chosen.rounds):
            for section, row, measure in measures(environments, aws, chosen.tasks, folder):
                wanted = chosen.only in section or chosen.only in row
                if wanted and time.monotonic() - began < chosen.minutes * 60:
                    results.append(_measured(number, section, row, measure))
    about = {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "tasks": chosen.tasks,
        "rounds": chosen.rounds,
        "day": time.strftime("%Y-%m-%d"),
    }
    chosen.json.write_text(json.dumps({"about": about, "results": results}, indent=1) + "\n")
    print(report.tables(results))
    if chosen.readme:
        report.into_readme(FOLDER / "README.md", about, results)
    return int(any("error" in each for each in results))


def _measured(number: int, section: str, row: str, measure: Measure) -> dict[str, Any]:
    load = os.getloadavg()[0]
    try:
        values: dict[str, Any] = dict(measure())
    except Exception as error:
        values = {"error": repr(error)[:300]}
    result = {"round": number, "section": section, "row": row, "load_before": round(load, 2), **values}
    values_shown = (f"{value:,.1f}" if isinstance(value, float) else str(value) for value in values.values())
    shown = ", ".join(map(" ".join, zip(values, values_shown, strict=True)))
    print(f"round {number}: {section}: {row}: {shown}", file=sys.stderr, flush=True)
    return result


if __name__ == "__main__":
    sys.exit(main())
