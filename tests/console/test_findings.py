"""What needs a person, and how soon."""

import pytest
from celery_platform.console.state.findings import SOON, URGENT, findings
from celery_platform.observability.status.snapshot import PoolState, QueueState, Snapshot

LIMITS = {"queue_length": 500, "queue_wait_seconds": 60}
QUIET = QueueState(waiting=0, held=0, oldest_seconds=None, dead_letters=0, workers=2)


def snapshot(queue: QueueState = QUIET, pool: PoolState | None = None, **whole: object) -> Snapshot:
    pools = {"io": pool or PoolState("threads", "hosts", 1, workers=1, heartbeat_age=1)}
    return Snapshot("prod", "sqs", 0.0, True, {"email": queue}, pools, **({"alerts": []} | whole))  # type: ignore[arg-type]


def test_nothing_is_found_where_all_is_well() -> None:
    assert findings(snapshot(), LIMITS) == []


@pytest.mark.parametrize(("queue", "severity", "text", "page"), [
    (QueueState(7, 0, 5, 0, 0), URGENT, "7 messages wait, and no worker drains the queue", "/queues/email"),
    (QueueState(7, 0, 300, 0, 2), URGENT, "the oldest message waits for 5m; the objective is 60 s", "/queues/email"),
    (QueueState(0, 0, None, 0, 2, wait_p95=120), URGENT, "5 % of its tasks waited longer than 60 s", "/queues/email"),
    (QueueState(7, 0, 300, 0, 0, paused=1.0), SOON, "d: 7 messages wait", "/queues/email"),
    (QueueState(501, 0, 1, 0, 2), SOON, "501 messages wait; the limit is 500", "/queues/email"),
    (QueueState(0, 0, None, 1, 2), SOON, "email: 1 dead-lettered message", "/failures?queue=email"),
])  # fmt: skip
def test_a_queue_is_found(queue: QueueState, severity: str, text: str, page: str) -> None:
    (found,) = findings(snapshot(queue), LIMITS)

    assert (found.severity, found.page, found.about) == (severity, page, "email")
    assert text in found.text


@pytest.mark.parametrize(("pool", "severity"), [
    (PoolState("threads", "hosts", 2, workers=0), URGENT),
    (PoolState("threads", "hosts", 2, workers=1), SOON),
    (PoolState("threads", "hosts", 1, workers=1, heartbeat_age=900), URGENT),
])  # fmt: skip
def test_a_pool_is_found(pool: PoolState, severity: str) -> None:
    (found,) = findings(snapshot(pool=pool), LIMITS)

    assert (found.severity, found.page, found.about) == (severity, "/workers", "io")


def test_pods_that_are_not_polled_are_not_missing() -> None:
    assert findings(snapshot(pool=PoolState("threads", "eks", 0)), LIMITS) == []


def test_alerts_and_what_does_not_answer_are_found_and_urgent_ones_come_first() -> None:
    found = findings(
        snapshot(
            QueueState(0, 0, None, 1, 2), problems=["the broker cannot be polled: gone"],
            alerts=[{"alertname": "CeleryQueueLong", "severity": "ticket", "queue_name": "q"},
                    {"alertname": "CeleryBrokerDown", "severity": "page"}],
        ),
        LIMITS,
    )  # fmt: skip

    assert [each.severity for each in found] == [URGENT, URGENT, SOON, SOON]
    assert found[0].text.startswith("The broker cannot be polled")
    assert "CeleryQueueLong is firing: queue_name q" in found[2].text
