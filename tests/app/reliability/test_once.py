"""The state machine of an effect that happens once, on a real Valkey."""

import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.reliability.once import Claim, Once
from app.reliability.valkey import valkey

pytestmark = pytest.mark.usefixtures("inside_sqs")


def once(key: str, lease: int = 30) -> Once:
    return Once(key, lease_seconds=lease, keep_seconds=60)


def test_one_of_many_parallel_runs_owns_the_effect() -> None:
    key = uuid.uuid4().hex
    with ThreadPoolExecutor(16) as pool:
        claims = list(pool.map(lambda _: once(key).claim(), range(16)))

    assert claims.count(Claim.OURS) == 1
    assert claims.count(Claim.TAKEN) == 15


def test_what_is_done_stays_done() -> None:
    key = uuid.uuid4().hex
    first = once(key)
    assert first.claim() is Claim.OURS
    assert first.finish()

    assert once(key).claim() is Claim.DONE


def test_a_dead_owner_blocks_only_until_its_lease_ends() -> None:
    key = uuid.uuid4().hex
    dead = once(key, lease=1)
    assert dead.claim() is Claim.OURS
    time.sleep(1.1)
    heir = once(key)
    assert heir.claim() is Claim.OURS

    assert not dead.finish(), "an owner that lost its lease must not end another's"
    dead.give_up()
    assert once(key).claim() is Claim.TAKEN
    assert heir.finish()


def test_giving_up_lets_the_next_run_try_at_once() -> None:
    key = uuid.uuid4().hex
    first = once(key)
    first.claim()
    first.give_up()

    assert once(key).claim() is Claim.OURS


def test_no_key_lives_for_ever() -> None:
    key = uuid.uuid4().hex
    first = once(key)
    first.claim()
    (name,) = valkey().keys(f"*once:{key}")
    assert 0 < valkey().ttl(name) <= 30
    first.finish()
    assert 30 < valkey().ttl(name) <= 60
