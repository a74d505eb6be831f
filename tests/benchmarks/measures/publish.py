"""The rate at which one process publishes."""

import json

from tests.benchmarks.processes import run_python

CODE = """
import json, time
import tests.benchmarks.systems.{system} as system
{prepare}
def publish(count):
    {publish}
publish({count} // 20)
began, cpu = time.perf_counter(), time.process_time()
publish({count})
seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
print(json.dumps({{"per_second": {count} / seconds, "cpu_us": cpu / {count} * 1e6}}))
"""
LOOP = "for _ in range(count): {call}"
MANY = "from celery_platform.publishing import publish_many; publish_many(system.noop, [((), {})] * count)"
GATHER = "system.send('noop', count)"
# name -> system, publishing code, variables, divisor of the number of messages
PUBLISHERS = {
    "Celery delay()": ("celery_app", LOOP.format(call="system.noop.delay()"), {}, 4),
    "Celery delay(), confirmed": ("celery_app", LOOP.format(call="system.noop.delay()"), {"BENCHMARK_CONFIRM": "1"}, 8),
    "turbo publish_many, confirmed": ("celery_app", MANY, {"BENCHMARK_CONFIRM": "1"}, 1),
    "dramatiq send()": ("dramatiq_app", GATHER, {}, 2),
    "dramatiq send(), confirmed": ("dramatiq_app", GATHER, {"BENCHMARK_CONFIRM": "1"}, 8),
    "taskiq kiq(), 100 at once, confirmed": ("taskiq_app", GATHER, {}, 4),
}


def publish(name: str, broker: str, count: int) -> dict[str, float]:
    """Messages per second, and CPU time for each in microseconds."""
    system, call, variables, slow = PUBLISHERS[name]
    code = CODE.format(system=system, prepare="", publish=call, count=max(200, count // slow))
    measured: dict[str, float] = json.loads(
        run_python(system, code, {"BENCHMARK_BROKER": broker, **variables}).splitlines()[-1]
    )
    return measured
