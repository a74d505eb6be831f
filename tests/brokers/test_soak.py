"""Many tasks of several kinds while workers are killed and the broker goes away: nothing lost, no effect repeated."""

import os
import threading
import time

import pytest
from redis import Redis

from ..app.harness.waiting import eventually
from .contract import Contract, token

TASKS = int(os.environ.get("SOAK_TASKS", "1000"))
SENDER = """
import time
from app.errors import PublishError
for i in range({first}, {last}):
    for attempt in range(60):
        try:
            effect.apply_async(({token!r}, i), task_id=f"{token}-{{i}}", countdown=1 if i % 20 == 0 else None)
            break
        except Exception:
            time.sleep(0.5)
    else:
        raise SystemExit(f"task {{i}} was never taken")
"""


@pytest.mark.timeout(7200)
def test_soak(contract: Contract) -> None:
    mine, done = token(), threading.Event()
    share = TASKS // 4
    senders = [
        threading.Thread(
            target=contract.send, args=(SENDER.format(first=n * share, last=(n + 1) * share, token=mine), 3600)
        )
        for n in range(4)
    ]
    begun = time.time()
    with contract.supervised(4) as workers, contract.supervised(4):

        def faults() -> None:
            turn = 0
            while not done.wait(15):
                turn += 1
                if turn % 3 == 0:
                    with contract.away():
                        time.sleep(2)
                else:
                    workers[-1].kill()

        trouble = threading.Thread(target=faults)
        trouble.start()
        for sender in senders:
            sender.start()
        try:
            for sender in senders:
                sender.join()
            with Redis.from_url(contract.environment.valkey_url) as store:
                everything = 4 * share
                eventually(
                    lambda: store.scard(f"contract:{mine}:done") >= everything, "all effects", 300 + everything / 20
                )
        finally:
            done.set()
            trouble.join()
    with Redis.from_url(contract.environment.valkey_url) as store:
        lost = 4 * share - int(store.scard(f"contract:{mine}:done"))
        effects = int(store.get(f"contract:{mine}:effects") or 0)
    print(
        f"{contract.name}: {4 * share} tasks in {time.time() - begun:.0f} s, {len(workers)} starts of one worker, "
        f"{lost} lost, {effects - 4 * share} repeated effects"
    )

    assert lost == 0
    assert effects == 4 * share
