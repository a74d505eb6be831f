"""What `app status` shows of a pool whose workers it cannot ask."""

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


def test_a_pool_in_pods_says_so_where_its_workers_would_be() -> None:
    text, well = _printed(io=IN_PODS, cpu=ON_HOSTS)

    assert _row(text, "io")[:4] == ["io", "threads", "eks", "pods"]
    assert _row(text, "cpu")[3] == "1/1"
    assert well, "nobody says that something is wrong with it"


def test_it_is_said_who_tells_of_the_pods() -> None:
    text, _ = _printed(io=IN_PODS, cpu=ON_HOSTS)

    said = " ".join(text.split())
    assert "Pods are not asked from here (io)" in said
    assert "`kubectl get pods -l app.kubernetes.io/component=worker-io`, or Prometheus, says it." in said


@pytest.mark.parametrize("pools", [{"cpu": ON_HOSTS}, {}])
def test_without_pods_nothing_is_said_of_them(pools: dict[str, PoolState]) -> None:
    assert "Pods" not in _printed(**pools)[0]
