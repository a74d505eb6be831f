"""Each alert links to its runbook, which starts with the command to run."""

import fnmatch
import re

import pytest
from celery_platform.environment.load import parse
from celery_platform.environment.model import Environment
from celery_platform.environment.resolve import resolve
from celery_platform.observability.alerts.alert import RUNBOOK, Alert, Thresholds
from celery_platform.observability.alerts.dead_man_switch import ALWAYS
from celery_platform.observability.alerts.render import all_alerts, rules

from tests.harness.environment import LOCAL, described
from tests.harness.servers import REPOSITORY

ALERTS = [*all_alerts(Thresholds.of(resolve(described(LOCAL)))), ALWAYS]
PAGES = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", (REPOSITORY / RUNBOOK).read_text(), re.MULTILINE | re.DOTALL))


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)
def test_the_runbook_starts_with_a_command(alert: Alert) -> None:
    assert PAGES[alert.name].startswith("```console\n$ ")
    assert alert.rule()["annotations"]["runbook"].endswith(f"#{alert.name.lower()}")


# What works on a laptop with an AWS login: through `make tunnel`, or by itself over Session Manager.
FROM_A_LAPTOP = re.compile(r"\$ (app .*--env prod|make .*ENV=prod|\(cd ansible && ENV=prod ansible )")
ON_A_HOST = re.compile(r"(?<![\w'\"/-])(systemctl|journalctl|rabbitmqctl|rabbitmq-\w+|df|openssl|py-spy|pgrep) ")


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_each_command_of_the_first_block_works_on_a_laptop(page: str) -> None:
    first, *others = page.partition("```console\n")[2].partition("```")[0].splitlines()

    assert FROM_A_LAPTOP.match(first)
    assert [line for line in others if not (FROM_A_LAPTOP.match(line) or line.startswith("$ kubectl "))] == []


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_a_command_of_a_host_says_how_it_gets_there(page: str) -> None:
    commands = re.findall(r"`([^`\n]+)`", page.partition("```console")[2].partition("```\n")[2])

    assert [command for command in commands if ON_A_HOST.match(command)] == []


def first_annotations(environment: Environment) -> dict[str, str]:
    _recorded, alerts = rules(resolve(environment))["groups"]
    annotations: dict[str, str] = alerts["rules"][0]["annotations"]
    return annotations


@pytest.mark.parametrize(
    "base", ["https://git.example.com/celery/blob/main", "https://git.example.com/celery/blob/main/"]
)
def test_the_runbook_is_a_link_if_the_environment_has_a_base_url(base: str) -> None:
    with_base = LOCAL.read_bytes().replace(b"alerts: {", f'alerts: {{runbook_base_url: "{base}", '.encode())

    annotations = first_annotations(parse(with_base, LOCAL))

    assert annotations["runbook_url"] == f"https://git.example.com/celery/blob/main/{annotations['runbook']}"


def test_the_runbook_is_a_path_without_a_base_url() -> None:
    annotations = first_annotations(described(LOCAL))

    assert annotations["runbook_url"] == annotations["runbook"]
    assert (REPOSITORY / annotations["runbook"].partition("#")[0]).is_file()


@pytest.mark.parametrize("unit", ["celery-worker@io-1", "celery-worker-mail@mail-1"])
def test_commands_on_hosts_name_the_workers_of_every_pool(unit: str) -> None:
    named = re.findall(r"'(celery-worker[^' ]*)'", (REPOSITORY / RUNBOOK).read_text())

    assert named
    assert [glob for glob in named if not fnmatch.fnmatch(unit, glob)] == []


def test_there_is_no_runbook_without_an_alert() -> None:
    assert set(PAGES) == {alert.name for alert in ALERTS}
