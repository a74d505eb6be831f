"""Orders in each store: the states of a payment, and who may change them."""

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from celery_platform.database import connect
from redis import Redis
from shop.orders import Order, Orders, OrderState
from shop.orders.order import OrderConflictError
from shop.orders.sql import SqlOrders
from shop.orders.valkey import ValkeyOrders


@pytest.fixture(params=["valkey", "sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Orders]:
    if request.param == "valkey":
        client = Redis(port=request.getfixturevalue("valkey_port"), decode_responses=True)
        yield ValkeyOrders(client, "test")
        client.close()
        return
    sqlite = f"sqlite:///{tmp_path}/shop.db"
    engine = connect(sqlite if request.param == "sqlite" else request.getfixturevalue("postgresql"))
    yield SqlOrders(engine)
    engine.dispose()


@pytest.fixture
def order() -> Order:
    return Order(uuid.uuid4().hex, 1999, "EUR")


def test_an_order_goes_from_pending_over_charging_to_charged(store: Orders, order: Order) -> None:
    assert store.find(order.id) is None
    assert store.add(order).state is OrderState.PENDING
    assert store.begin(order, token=1).state is OrderState.CHARGING
    assert store.end(order.id, 1, OrderState.CHARGED, "ch_1")

    found = store.find(order.id)
    assert found == Order(order.id, 1999, "EUR", OrderState.CHARGED, "ch_1", 1)
    assert store.add(order) == found, "the same order again is the order there is"
    assert store.begin(order, token=2) == found, "what is charged stays charged"


def test_an_order_that_nobody_added_can_be_charged(store: Orders, order: Order) -> None:
    assert store.begin(order, token=1).state is OrderState.CHARGING


def test_a_run_that_was_overtaken_is_not_heard(store: Orders, order: Order) -> None:
    store.begin(order, token=1)
    assert store.begin(order, token=2).token == 2

    assert not store.end(order.id, 1, OrderState.CHARGED, "ch_late")
    assert store.begin(order, token=1).token == 2
    assert store.end(order.id, 2, OrderState.CHARGED, "ch_2")
    assert not store.end(order.id, 2, OrderState.REFUSED)
    found = store.find(order.id)
    assert found is not None
    assert found.charge_id == "ch_2"


def test_a_refused_order_may_be_tried_again(store: Orders, order: Order) -> None:
    store.begin(order, token=1)
    assert store.end(order.id, 1, OrderState.REFUSED)

    assert store.begin(order, token=2).state is OrderState.CHARGING


@pytest.mark.parametrize("other", [("1", "EUR"), ("1999", "USD")])
def test_another_order_under_the_same_id_is_refused(store: Orders, order: Order, other: tuple[str, str]) -> None:
    store.add(order)
    impostor = Order(order.id, int(other[0]), other[1])

    with pytest.raises(OrderConflictError, match="was submitted again with"):
        store.add(impostor)
    with pytest.raises(OrderConflictError, match="was submitted again with"):
        store.begin(impostor, 1)


def test_of_parallel_runs_the_largest_token_stays(store: Orders, order: Order) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda token: store.begin(order, token), range(1, 17)))

    found = store.find(order.id)
    assert found is not None
    assert found.token == 16
