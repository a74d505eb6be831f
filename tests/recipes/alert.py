"""An alert on tasks that are sent back too often."""

from tests.harness.checkout import Checkout

from .recipe import Recipe, Step
from .task import render

ALERTS = "app/celery_platform/observability/alerts"
CASES = "pytest tests/observability/test_alert_rules.py"
EVERY_CASE = f"{CASES} -k every_alert_has_a_case"
PAGES = "pytest tests/observability/test_runbook.py"
ALERT = """
    yield Alert(
        "CeleryTasksRetry", f"increase(celery_task_retries_total[10m]) > {thresholds.retries}", "1m", "ticket",
        "{{ $labels.name }} was retried {{ $value }} times in ten minutes.",
    )  # fmt: skip
"""
CASE = """    Case("CeleryTasksRetry", "over a hundred in ten minutes, then none",
         {f"celery_task_retries_total{TASK}}}": counts((0, 10), (5, 10), (0, 30))}, fires=(20,), quiet=(9, 45)),
"""
PAGE = """
## CeleryTasksRetry
```console
$ app inspect --env prod
```
A task that is retried so often waits for something that does not come back. Its log has the reason of each retry.
"""


def add_the_threshold(checkout: Checkout) -> None:
    field = '    retries: int = Field(default=100, ge=0, description="of a task in ten minutes that need nobody")\n'
    checkout.insert("app/celery_platform/environment/model/alerts.py", field, before="    worker_restarts: int")
    checkout.insert(f"{ALERTS}/alert.py", "    retries: int\n", after="    worker_restarts: int\n")


def write_the_alert(checkout: Checkout) -> None:
    with (checkout.folder / ALERTS / "workers.py").open("a") as workers:
        workers.write(ALERT)


def write_its_cases(checkout: Checkout) -> None:
    checkout.insert("tests/observability/test_alert_rules.py", CASE, after="CASES = [\n")


def write_its_page(checkout: Checkout) -> None:
    with (checkout.folder / ALERTS / "README.md").open("a") as runbook:
        runbook.write(PAGE)


RECIPE = Recipe(
    "Add an alert",
    (
        Step(add_the_threshold, CASES, r"'Thresholds' object has no attribute 'retries'"),
        Step(write_the_alert, EVERY_CASE, r"CeleryTasksRetry"),
        Step(write_its_cases, EVERY_CASE, r"CeleryTasksRetry"),
        Step(write_its_page, PAGES, r"KeyError: 'CeleryTasksRetry'"),
        Step(render, "app environment validate", r"prometheus_rules\.yml.*make render"),
    ),
)
