"""Many tasks of several kinds while workers are killed and the broker goes away: nothing lost, no effect repeated."""

import os
import threading
import time

import pytest
from redis import Redis

from tests.harness.waiting import eventually

from .contract import Contract, token

TASKS = int(os.environ.get("SOAK_TASKS", "1000"))
SENDERS, SLOTS = 4, 4
FAULT_EVERY_SECONDS, AWAY_SECONDS = 15, 2
# Of twenty tasks one is delayed, one urgent, one fails at first and one takes its time; the rest are short.
SENDER = """
import time
kinds = {{
    0: ({{}}, {{"countdown": 1}}),
    1: ({{}}, {{"priority": 9}}),
    2: ({{"failures": 1}}, {{}}),
    3: ({{"seconds": 0.2}}, {{}}),
}}
for i in range({first}, {last}):
    named, options = kinds.get(i % 20, ({{}}, {{}}))
    for attempt in range(120):
        try:
            effect.apply_async(({token!r}, i), named, task_id=f"{token}-{{i}}", **options)
            break
        except Exception:
            time.sleep(0.5)
    else:
        raise SystemExit(f"task {{i}} was never taken")
"""


@pytest.mark.timeout(14_400)
def test_soak(contract: Contract) -> None:
    mine, done, share, kills = token(), threading.Event(), TASKS // SENDERS, 0
    codes = [SENDER.format(first=n * share, last=(n + 1) * share, token=mine) for n in range(SENDERS)]
    senders = [threading.Thread(target=contract.send, args=(code, 7200)) for code in codes]
    store = Redis.from_url(contract.environment.valkey_url)
    effects = f"contract:{mine}:effects"
    begun = time.time()
    with contract.supervised(SLOTS) as workers, contract.supervised(SLOTS):

        def faults() -> None:
            nonlocal kills
            turn = 0
            while not done.wait(FAULT_EVERY_SECONDS):
                turn += 1
                if turn % 3 == 0:
                    with contract.away():
                        time.sleep(AWAY_SECONDS)
                else:
                    workers[-1].kill()
                    kills += 1

        trouble = threading.Thread(target=faults)
        trouble.start()
        try:
            for sender in senders:
                sender.start()
            for sender in senders:
                sender.join()
            everything = SENDERS * share
            eventually(lambda: store.scard(effects) >= everything, "all effects", 300 + everything / 20)
        finally:
            done.set()
            trouble.join()
    lost = everything - int(store.scard(effects))
    again = int(store.get(f"contract:{mine}:runs") or 0) - everything
    print(
        f"{contract.name}, {contract.pool}: {everything} tasks in {time.time() - begun:.0f} s, {kills} kills, "
        f"{lost} lost, {again} effects asked for again, under their keys"
    )

    assert lost == 0
    # A run that is killed after its effect, but before it recorded the effect, runs again under the same key. That is
    # at most one run for each slot of a killed worker. Without `idempotent`, every redelivery would repeat its effect.
    assert again <= kills * SLOTS
