"""What people are shown of a queue's error budget is what the alerts measure, and its backlog; a real Prometheus."""

import time
from collections.abc import Iterator

import pytest
from celery_platform.environment.resolve import resolve
from celery_platform.observability.alerts.error_budget import alerting_rates, burn_rate
from celery_platform.observability.status.prometheus import Told, ask_prometheus, longest_backlogs

from tests.harness.environment import LOCAL, described
from tests.harness.waiting import eventually

from .harness.late_tasks import with_late_tasks
from .harness.prometheus import Monitoring

RESOLVED = resolve(described(LOCAL))
OBJECTIVE = RESOLVED["alerts"]["queue_wait_objective"]
# 99 % of the tasks shall start in time, so that a fifth that is late is twenty times the budget.
LATE = {"celery-local-urgent": 0.2, "celery-local-quiet": 0.02}


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Monitoring]:
    with with_late_tasks(RESOLVED, tmp_path_factory.mktemp("prometheus"), LATE) as made:
        yield made


def told(prometheus: Monitoring) -> Told:
    """What it says once it has evaluated the rules."""

    def ask() -> Told | None:
        found = ask_prometheus(prometheus.prometheus, OBJECTIVE)
        return found if set(found.burn_rates) == set(LATE) else None

    return eventually(ask, "the recording rules", 60)


@pytest.mark.server
def test_the_burn_rates_of_all_queues_are_those_that_the_alerts_measure(prometheus: Monitoring) -> None:
    rates = told(prometheus).burn_rates

    assert rates["celery-local-urgent"] == pytest.approx({"1h": 20, "6h": 20 / 6}, rel=0.05)
    assert rates["celery-local-quiet"] == pytest.approx({"1h": 2, "6h": 2 / 6}, rel=0.05)


@pytest.mark.server
def test_an_alert_is_pending_for_the_queue_whose_burn_rate_is_over_the_one_shown(prometheus: Monitoring) -> None:
    rates = told(prometheus).burn_rates
    over = {queue for queue, found in rates.items() if found["1h"] > alerting_rates(OBJECTIVE)["1h"]}
    query = 'ALERTS{alertname="CeleryQueueWaitBurnsFast"}'

    pending = eventually(lambda: prometheus.query(query), "the alert", 60)

    assert over == {each["metric"]["queue_name"] for each in pending} == {"celery-local-urgent"}


@pytest.mark.server
def test_the_longest_backlogs_of_a_queue_are_those_of_each_part_of_a_time(prometheus: Monitoring) -> None:
    now = time.time()

    found = longest_backlogs(prometheus.prometheus, "celery-local-urgent", now - 3600, now, 6)
    unknown = longest_backlogs(prometheus.prometheus, 'no "queue"', now - 3600, now, 6)

    assert found[:2] == [5, 5]
    assert 500 in found[2:5]
    assert found[-1] == 5
    assert unknown == [None] * 6


@pytest.mark.parametrize(("objective", "rates"), [
    (0.99, {"1h": 14.4, "6h": 6}),
    (0.9, {"1h": 9, "6h": 6}),  # no more than all tasks can be late
    (0.5, {"1h": 1.8, "6h": 1.8}),
])  # fmt: skip
def test_the_rate_over_which_an_alert_fires_can_be_reached(objective: float, rates: dict[str, float]) -> None:
    assert alerting_rates(objective) == pytest.approx(rates)


def test_a_share_that_prometheus_extrapolates_below_nothing_is_nothing() -> None:
    assert burn_rate(-1e-9, objective=0.99) == 0
