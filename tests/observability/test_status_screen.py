"""What `app status` shows for a pool whose workers it does not poll."""

import re
import time

import pytest
from celery_platform.observability.status.screen import screen
from celery_platform.observability.status.show import healthy
from celery_platform.observability.status.snapshot import PoolState, QueueState, Snapshot
from rich.console import Console
from rich.text import Text

LIMITS = {"queue_wait_seconds": 60, "queue_wait_objective": 0.99}
ON_HOSTS = PoolState("prefork", "hosts", 1, workers=1, slots=2, active=1, heartbeat_age=1.0)
IN_PODS = PoolState("threads", "eks", 0)


def _printed(**pools: PoolState) -> tuple[str, bool]:
    queues = {"email": QueueState(3, 0, None, 0, None)}
    snapshot = Snapshot("local", "rabbitmq", 0.0, broker_up=True, queues=queues, pools=pools)
    console = Console(width=160)
    with console.capture() as captured:
        console.print(screen(snapshot, LIMITS))
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
        console.print(screen(Snapshot("local", "sqs", 0.0, broker_up=True, queues=queues, pools={}), LIMITS))

    assert "email (paused 5m)" in captured.get()
    assert captured.get().count("paused") == 1


def _with_queues(queues: dict[str, QueueState], alerts: list[dict[str, str]] | None) -> str:
    console = Console(width=180, force_terminal=True)
    with console.capture() as captured:
        snapshot = Snapshot("local", "sqs", 0.0, broker_up=True, queues=queues, pools={}, alerts=alerts)
        console.print(screen(snapshot, LIMITS))
    return captured.get()


def test_burn_rates_stand_beside_the_wait_and_one_that_alerts_is_red() -> None:
    text = _with_queues({"email": QueueState(3, 0, None, 0, None, burn_rates={"1h": 20.04, "6h": 3.3})}, alerts=[])

    assert "wait p95   burn 1h   burn 6h   started/s" in Text.from_ansi(text).plain
    assert re.search(r"\x1b\[31m *20\.0\x1b", text)
    assert not re.search(r"\x1b\[31m *3\.3\x1b", text)
    assert "the error budget (1 % of tasks may start later than 60 s)" in " ".join(Text.from_ansi(text).plain.split())


def test_a_queue_with_too_few_tasks_has_a_dash_for_a_burn_rate() -> None:
    row = _row(Text.from_ansi(_with_queues({"email": QueueState(3, 0, None, 0, None)}, alerts=[])).plain, "email")

    assert row == ["email", "3", "-", "0", "-", "-", "-", "-", "-", "0", "-"]


def test_without_prometheus_no_burn_rate_is_shown_and_the_reason_is_said() -> None:
    text = _with_queues({"email": QueueState(3, 0, None, 0, None)}, alerts=None)

    assert "burn" not in text
    assert "Alerts and error budgets are unknown without --prometheus URL." in text
