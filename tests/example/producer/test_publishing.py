"""The publisher's budget and bulkhead; the functions that publish stand for brokers in states that are hard to make."""

import threading
import time

import pytest
from amqp.exceptions import MessageNacked
from kombu.exceptions import OperationalError
from shop.producer.publishing import Publisher, PublishingError, RefusedError, UnavailableError, UnconfirmedError


def test_a_broker_that_says_nothing_holds_a_request_for_its_budget_only() -> None:
    frozen = threading.Event()
    started = time.monotonic()

    with pytest.raises(UnconfirmedError, match="has not confirmed within"):
        Publisher(budget_seconds=0.3).run(lambda: frozen.wait(20))
    assert time.monotonic() - started < 5
    frozen.set()


def test_stuck_threads_refuse_others_at_once_and_are_free_again_later() -> None:
    frozen, publisher = threading.Event(), Publisher(budget_seconds=0.05, threads=2)
    for _ in range(2):
        with pytest.raises(UnconfirmedError):
            publisher.run(lambda: frozen.wait(20))

    with pytest.raises(UnavailableError, match="all publishing threads"):
        publisher.run(lambda: True)
    frozen.set()
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            assert publisher.run(lambda: "sent") == "sent"
        except (UnavailableError, UnconfirmedError):
            time.sleep(0.01)
        else:
            return
    pytest.fail("the threads did not become free")


@pytest.mark.parametrize(
    ("raised", "expected", "status"),
    [(MessageNacked(), RefusedError, 429), (OperationalError("gone"), UnavailableError, 503),
     (ConnectionRefusedError(), UnavailableError, 503)],
)  # fmt: skip
def test_what_the_broker_says_becomes_a_status(raised: Exception, expected: type[PublishingError], status: int) -> None:
    def publish() -> None:
        raise raised

    with pytest.raises(expected) as caught:
        Publisher().run(publish)
    assert (caught.value.status, caught.value.retry_after) == (status, 2)
