"""What `app status` shows for a pool whose workers it does not poll."""

import time

import pytest
from celery_platform.observability.status.screen import screen
from celery_platform.observability.status.show import healthy
from celery_platform.observability.status.snapshot import PoolState, QueueState, Snapshot
from rich.console import Console

ON_HOSTS = PoolState("prefork", "hosts", 1, workers=1, slots=2, active=1, heartbeat_age=1.0)
IN_PODS = PoolState("threads", "eks", 0)


def _printed(**pools: PoolState) -> tuple[str, bool]:
    queues = {"email": QueueState(3, 0, None, 0, None)}
    snapshot = Snapshot("local", "rabbitmq", 0.0, broker_up=True, queues=queues, pools=pools)
    console = Console(width=160)
    with console.capture() as captured:
        console.print(screen(snapshot, 60))
    return captured.get(), healthy(snapshot)


def _row(text: str, pool: str) -> list[str]:
    return next(line.split() for line in text.splitlines() if line.split()[:1] == [pool])


def test_a_pool_in_pods_shows_that_instead_of_a_number_of_workers() -> None:
    text, well = _printed(io=IN_PODS, cpu=ON_HOSTS)

    assert _row(text, "io")[:4] == ["io", "threads", "eks", "pods"]
    assert _row(text, "cpu")[3] == "1/1"
    assert well, "unknown workers are not a problem"


def test_a_hint_says_where_to_find_the_state_of_pods() -> None:
    text, _ = _printed(io=IN_PODS, cpu=ON_HOSTS)

    shown = " ".join(text.split())
    assert "The pods of io are not polled from here" in shown
    assert "See `kubectl get pods -l app.kubernetes.io/component=worker-io`, or Prometheus." in shown


@pytest.mark.parametrize("pools", [{"cpu": ON_HOSTS}, {}])
def test_without_pods_there_is_no_hint(pools: dict[str, PoolState]) -> None:
    assert "pods" not in _printed(**pools)[0]


def test_a_paused_queue_says_since_when() -> None:
    queues = {
        "email": QueueState(3, 0, None, 0, None, paused=time.time() - 300),
        "quick": QueueState(0, 0, None, 0, None),
    }
    console = Console(width=160)
    with console.capture() as captured:
        console.print(screen(Snapshot("local", "sqs", 0.0, broker_up=True, queues=queues, pools={}), 60))

    assert "email (paused 5m)" in captured.get()
    assert captured.get().count("paused") == 1
