"""Each alert has a page that starts with the command to run, and links to it."""

import fnmatch
import re

import pytest
from celery_platform.environment.resolve import resolve
from celery_platform.observability.alerts.alert import RUNBOOK, Alert, Thresholds
from celery_platform.observability.alerts.render import all_alerts

from tests.harness.environment import LOCAL, described
from tests.harness.servers import REPOSITORY

ALERTS = all_alerts(Thresholds.of(resolve(described(LOCAL))))
PAGES = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", (REPOSITORY / RUNBOOK).read_text(), re.MULTILINE | re.DOTALL))


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)
def test_the_page_starts_with_a_command(alert: Alert) -> None:
    assert PAGES[alert.name].startswith("```console\n$ ")
    assert alert.rule()["annotations"]["runbook"].endswith(f"#{alert.name.lower()}")


@pytest.mark.parametrize("unit", ["celery-worker@io-1", "celery-worker-mail@mail-1"])
def test_commands_on_hosts_name_the_workers_of_every_pool(unit: str) -> None:
    named = re.findall(r"'(celery-worker[^' ]*)'", (REPOSITORY / RUNBOOK).read_text())

    assert named
    assert [glob for glob in named if not fnmatch.fnmatch(unit, glob)] == []


def test_there_is_no_page_without_an_alert() -> None:
    assert set(PAGES) == {alert.name for alert in ALERTS}
