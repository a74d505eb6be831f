"""What the pieces cost, against a bare round trip to the same server: `python -m
tests.celery_platform.reliability.cost`.

Not a test: seconds on a busy machine say little, so calls take turns and the table shows medians and ratios.
"""

import statistics
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from celery_platform.reliability import rate_limit
from celery_platform.reliability.claims import ClaimStore, ValkeyClaims
from celery_platform.reliability.claims.sql import SqlClaims, metadata
from celery_platform.reliability.idempotent import idempotent
from redis import Redis
from sqlalchemy import create_engine, text

from tests.harness.postgresql import postgresql
from tests.harness.servers import valkey


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder, valkey(Path(folder)) as port, postgresql() as url:
        client = Redis(port=port, decode_responses=True)
        engine = create_engine(url)
        metadata.create_all(engine)
        sql = engine.execution_options(isolation_level="AUTOCOMMIT").connect()
        claims, rows = ValkeyClaims(client, "cost"), SqlClaims(engine)
        module: Any = rate_limit
        module.valkey = lambda: client
        module.runtime = lambda: SimpleNamespace(environment=SimpleNamespace(prefix="cost"))
        limit = rate_limit.RateLimit("cost", 10**9)
        on_valkey: dict[str, Callable[[], object]] = {
            "Valkey: PING": client.ping,
            "idempotent on Valkey, in and out": _task(lambda: claims),
            "token bucket": lambda: limit.reserve(1),
        }
        on_postgresql: dict[str, Callable[[], object]] = {
            "PostgreSQL: SELECT 1": lambda: sql.execute(text("SELECT 1")).one(),
            "idempotent on PostgreSQL, in and out": _task(lambda: rows),
        }
        print("| call | median | round trips of the same server |\n|---|---|---|")
        _show(_measured(on_valkey, 5_000))
        _show(_measured(on_postgresql, 300))


def _task(store: Callable[[], ClaimStore]) -> Callable[[], object]:
    """An empty task, decorated, as Celery's machinery would call it."""
    task = SimpleNamespace(name="cost", request=SimpleNamespace(called_directly=True))

    def body(_self: Any, key: str) -> str:
        return key

    decorated = idempotent(key=lambda key: key, lease_seconds=30, store=store)(body)
    return lambda: decorated(task, uuid.uuid4().hex)


def _measured(calls: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Microseconds of each call, the median of many that took turns."""
    taken: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            taken[name].append((time.perf_counter() - start) * 1e6)
    return {name: statistics.median(times) for name, times in taken.items()}


def _show(medians: dict[str, float]) -> None:
    bare = next(iter(medians.values()))
    for name, median in medians.items():
        print(f"| {name} | {median:.0f} us | {median / bare:.1f} |")


if __name__ == "__main__":
    main()
