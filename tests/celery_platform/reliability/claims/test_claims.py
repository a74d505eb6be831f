"""On each real store a key has one owner at a time with a larger token each time, and no key is kept for ever."""

import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from celery_platform.reliability.claims import State
from celery_platform.reliability.claims.sql import SqlClaims
from redis import Redis
from sqlalchemy import create_engine, text

from .conftest import Store, sql_store


@pytest.fixture
def key() -> str:
    return uuid.uuid4().hex


def test_one_of_many_parallel_runs_owns_the_key(store: Store, key: str) -> None:
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda _: store.claims.claim(key, lease_seconds=30), range(16)))

    assert [claim.state for claim in found].count(State.OURS) == 1
    assert [claim.state for claim in found].count(State.TAKEN) == 15
    assert all(25 < claim.lease_left <= 30 for claim in found if claim.state is State.TAKEN)


def test_a_claim_of_a_key_that_is_done_returns_its_result(store: Store, key: str) -> None:
    ours = store.claims.claim(key, lease_seconds=30)
    assert store.claims.finish(ours, '"ch_1"', keep_seconds=60)

    found = store.claims.claim(key, lease_seconds=30)
    assert (found.state, found.result) == (State.DONE, '"ch_1"')


def test_a_dead_owner_blocks_only_until_its_lease_ends(store: Store, key: str) -> None:
    dead = store.claims.claim(key, lease_seconds=0.3)
    assert store.claims.claim(key, lease_seconds=30).state is State.TAKEN
    time.sleep(0.4)
    heir = store.claims.claim(key, lease_seconds=30)

    assert heir.state is State.OURS
    assert heir.token > dead.token
    assert not store.claims.finish(dead, "null", keep_seconds=60), "it must not end another's lease"
    store.claims.give_up(dead)
    assert store.claims.claim(key, lease_seconds=30).state is State.TAKEN
    assert store.claims.finish(heir, "null", keep_seconds=60)


def test_looking_at_a_key_says_what_a_claim_would_find_and_claims_nothing(store: Store, key: str) -> None:
    assert store.claims.look(key) is None
    ours = store.claims.claim(key, lease_seconds=30)
    assert ours.state is State.OURS, "looking claimed it"
    assert store.claims.look(key) is State.TAKEN
    store.claims.finish(ours, "null", keep_seconds=60)
    assert store.claims.look(key) is State.DONE


def test_a_lease_that_is_over_is_a_free_key_to_who_looks(store: Store, key: str) -> None:
    store.claims.claim(key, lease_seconds=0.2)
    time.sleep(0.3)

    assert store.claims.look(key) is None


def test_giving_up_lets_the_next_run_try_at_once(store: Store, key: str) -> None:
    first = store.claims.claim(key, lease_seconds=30)
    store.claims.give_up(first)

    second = store.claims.claim(key, lease_seconds=30)
    assert second.state is State.OURS
    assert second.token > first.token


def test_a_key_that_was_kept_long_enough_is_free_again(store: Store, key: str) -> None:
    first = store.claims.claim(key, lease_seconds=30)
    store.claims.finish(first, "null", keep_seconds=0.2)
    time.sleep(0.3)

    assert store.claims.claim(key, lease_seconds=30).state is State.OURS


def test_no_key_lives_for_ever_in_valkey(valkey_port: int, key: str) -> None:
    from celery_platform.reliability.claims import ValkeyClaims

    client = Redis(port=valkey_port, decode_responses=True)
    claims = ValkeyClaims(client, "test")
    claim = claims.claim(key, lease_seconds=30)
    assert 0 < client.ttl(f"test:claim:{key}") <= 30
    claims.finish(claim, "null", keep_seconds=60)
    assert 30 < client.ttl(f"test:claim:{key}") <= 60


@pytest.mark.parametrize("committed", [True, False])
def test_an_effect_in_the_same_database_is_done_with_its_claim_or_not_at_all(
    postgresql: str, key: str, *, committed: bool
) -> None:
    engine = create_engine(postgresql)
    claims = sql_store(engine).claims
    assert isinstance(claims, SqlClaims)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE IF NOT EXISTS effects (key text)"))
    claim = claims.claim(key, lease_seconds=30)
    with engine.connect() as connection:
        connection.execute(text("INSERT INTO effects VALUES (:key)"), {"key": key})
        assert claims.finish(claim, "null", keep_seconds=60, connection=connection)
        connection.commit() if committed else connection.rollback()

    with engine.connect() as connection:
        effects = connection.execute(text("SELECT count(*) FROM effects WHERE key = :key"), {"key": key}).scalar()
    assert effects == committed
    assert claims.claim(key, lease_seconds=30).state is (State.DONE if committed else State.TAKEN)
    engine.dispose()


def test_expired_rows_are_removed_and_others_kept(postgresql: str, key: str) -> None:
    engine = create_engine(postgresql)
    store = sql_store(engine)
    assert isinstance(store.claims, SqlClaims)
    store.claims.claim(key, lease_seconds=30)
    store.claims.claim(f"{key}-old", lease_seconds=30)
    store.end(f"{key}-old")

    assert store.claims.forget() >= 1
    assert store.claims.claim(key, lease_seconds=30).state is State.TAKEN
    engine.dispose()
