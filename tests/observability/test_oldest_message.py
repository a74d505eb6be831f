"""The age of the oldest message, computed from totals."""

from celery_platform.brokers.rabbitmq.oldest_messages import OldestMessages
from celery_platform.observability.exporter.reading import QueueReading


def age(oldest: OldestMessages, at: float, *, ready: int, published: int) -> float | None:
    return oldest.aged({"q": QueueReading(ready, published=published)}, at)["q"].oldest_seconds


def test_the_age_of_an_undrained_queue_is_that_of_its_first_message() -> None:
    oldest = OldestMessages()
    age(oldest, 0, ready=0, published=100)
    age(oldest, 10, ready=5, published=105)

    assert age(oldest, 70, ready=9, published=109) == 60


def test_the_age_of_a_drained_queue_is_that_of_the_remaining_messages() -> None:
    oldest = OldestMessages()
    age(oldest, 0, ready=0, published=0)
    age(oldest, 10, ready=5, published=5)
    age(oldest, 20, ready=10, published=10)

    assert age(oldest, 30, ready=4, published=10) == 10, "the six oldest are done; the others arrived at 20"


def test_an_empty_queue_has_age_zero_and_starts_again() -> None:
    oldest = OldestMessages()
    age(oldest, 0, ready=3, published=3)

    assert age(oldest, 60, ready=0, published=3) == 0
    assert age(oldest, 120, ready=1, published=4) == 0


def test_ages_start_again_when_a_broker_counts_from_zero_again() -> None:
    oldest = OldestMessages()
    age(oldest, 0, ready=3, published=300)

    assert age(oldest, 60, ready=3, published=3) == 0


def test_the_totals_of_a_deleted_queue_are_dropped() -> None:
    oldest = OldestMessages()
    age(oldest, 0, ready=3, published=3)
    oldest.aged({}, 30)

    assert age(oldest, 60, ready=3, published=3) == 0
