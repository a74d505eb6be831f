"""A customer is charged once, whichever moment a worker dies in."""

import json
import signal
import sys
import uuid
from pathlib import Path

import pytest
from celery_platform.database import connect
from shop.orders import OrderState
from shop.orders.sql import SqlOrders

from tests.harness.environment import TestEnvironment
from tests.harness.processes import running
from tests.harness.waiting import eventually

# Each order is named after the step whose end its worker does not survive, the first time.
STEPS = ("begun", "asked", "ended", "finished")
WORKER = """
import os, signal
from pathlib import Path
from shop.orders.sql import SqlOrders
from celery_platform.reliability.claims.valkey import ValkeyClaims
from shop.tasks import payments

def dies_after(step, function):
    def run(*given, **named):
        answer = function(*given, **named)
        flag = Path({folder!r}) / step
        if step in repr(given) and not flag.exists():
            flag.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return answer
    return run

SqlOrders.begin = dies_after("begun", SqlOrders.begin)
payments._ask_gateway = dies_after("asked", payments._ask_gateway)
SqlOrders.end = dies_after("ended", SqlOrders.end)
ValkeyClaims.finish = dies_after("finished", ValkeyClaims.finish)
from celery_platform.worker.start import start_worker
start_worker("io")
"""
SEND = """
from shop.tasks.payments import charge_customer
for order in {orders!r}:
    charge_customer.delay(order, 1999, "EUR")
"""


@pytest.mark.slow
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_a_worker_killed_after_any_step_leads_to_one_charge(
    rabbitmq: TestEnvironment, request: pytest.FixtureRequest, tmp_path: Path, database: str
) -> None:
    url = f"sqlite:///{tmp_path}/shop.db" if database == "sqlite" else request.getfixturevalue("postgresql")
    # Leases of two seconds, so that the test need not wait for half a minute after each death.
    resolved = json.loads(json.dumps(rabbitmq.resolved))
    resolved["queues"]["payments"]["time_budget"]["hard_time_limit"] = 2
    file = tmp_path / "resolved.json"
    file.write_text(json.dumps(resolved))
    variables = rabbitmq.variables | {"CELERY_DATABASE_URL": url, "CELERY_ENVIRONMENT_FILE": str(file)}
    run = uuid.uuid4().hex[:8]
    wanted = {f"{run}-{step}" for step in STEPS}
    store = SqlOrders(connect(url))
    rabbitmq.python(SEND.format(orders=sorted(wanted)))

    def charged() -> bool:
        found = [store.find(order) for order in wanted]
        return all(order and order.state is OrderState.CHARGED for order in found)

    for attempt in range(len(STEPS) + 2):
        log = tmp_path / f"worker-{attempt}.log"
        with running([sys.executable, "-c", WORKER.format(folder=str(tmp_path))], log, variables) as worker:
            eventually(lambda worker=worker: worker.poll() is not None or charged(), f"an end: {log}")  # type: ignore[misc]
            if all((tmp_path / step).exists() for step in STEPS) and charged():
                break
            eventually(lambda worker=worker: worker.poll() is not None, f"the death: {log}")  # type: ignore[misc]
        assert worker.returncode == -signal.SIGKILL, log.read_text()[-2000:]

    assert all((tmp_path / step).exists() for step in STEPS), "a worker must have died after each step"
    assert charged()
    ledger = rabbitmq.services.world.payments.ledger()
    charges = {charge["order_id"]: charge["charge_id"] for charge in ledger if charge["order_id"] in wanted}
    assert len([charge for charge in ledger if charge["order_id"] in wanted]) == len(wanted)
    assert {order: found.charge_id for order in wanted if (found := store.find(order))} == charges
