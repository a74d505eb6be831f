"""Processes of a task end when they are asked to, in every pool."""

import json
from pathlib import Path

import pytest

from tests.harness.environment import TestEnvironment

pytestmark = pytest.mark.slow

ASK = """
import json
from exercises import children
print(json.dumps({{kind: getattr(children, f"terminated_{{kind}}").delay().get(timeout=60) for kind in {kinds!r}}}))
"""
ENDS = {"process": -15, "pool": 0, "fork": 15, "program": -15}
# Without this project: multiprocessing hangs in a gevent program's pools, and a prefork pool's children may have none.
WITHOUT = {"gevent": {"pool"}, "prefork": {"pool", "process"}}


@pytest.mark.parametrize("pool", ["threads", "turbo", "gevent", "solo", "asyncio", "prefork"])
def test_a_child_of_a_task_ends_on_sigterm(rabbitmq: TestEnvironment, tmp_path: Path, pool: str) -> None:
    environment = rabbitmq.variant(tmp_path, pools={"io": {"type": pool, "concurrency": 1}})
    expected = {kind: end for kind, end in ENDS.items() if kind not in WITHOUT.get(pool, ())}
    with environment.worker("io"):
        ended = json.loads(environment.python(ASK.format(kinds=list(expected)), timeout=120))

    assert ended == expected
