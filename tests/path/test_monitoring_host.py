"""The monitoring host is created and configured, and scrapes everything."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.harness.waiting import eventually

from .conftest import ON_RABBITMQ_ALONE, LocalEnvironment, tail

pytestmark = ON_RABBITMQ_ALONE
HOST = "celery-local-monitoring-1"


def asked(query: str) -> list[dict[str, Any]]:
    """The response of Prometheus on the host."""
    code = f"import urllib.request as r; print(r.urlopen('http://127.0.0.1:9090/api/v1/{query}').read().decode())"
    done = subprocess.run(["podman", "exec", HOST, "python3", "-c", code], capture_output=True, text=True, check=True)
    data = json.loads(done.stdout)["data"]
    found: list[dict[str, Any]] = data.get("result") or data.get("groups") or []
    return found


def test_a_second_run_changes_nothing_on_it(local: LocalEnvironment) -> None:
    again = local.run("ansible-playbook", "site.yml", folder="ansible")

    assert again.returncode == 0, tail(again)
    changed = dict(re.findall(r"^(\S+)\s+: ok=\d+\s+changed=(\d+)", again.stdout, re.MULTILINE))
    assert changed[HOST] == "0", tail(again)


@pytest.mark.usefixtures("local")
def test_it_sees_hosts_nodes_and_queues() -> None:
    def up(job: str) -> list[str]:
        return [row["value"][1] for row in asked("query?query=" + quote(f'up{{job="{job}"}}'))]

    eventually(lambda: up("rabbitmq") == ["1"] * 3, "RabbitMQ's three nodes", seconds=120)
    eventually(lambda: up("celery-worker") == ["1"], "the worker host", seconds=120)
    lengths = "query?query=celery_queue_length"
    eventually(lambda: {row["metric"]["queue_name"] for row in asked(lengths)}, "the queues", seconds=120)


def test_it_watches_by_the_environments_rules(local: LocalEnvironment) -> None:
    text = Path(local.environments / "local" / "prometheus_rules.yml").read_text()
    ours = set(re.findall(r"alert: (\w+)", text))

    loaded = {rule["name"] for group in asked("rules?type=alert") for rule in group["rules"]}

    assert ours
    assert loaded == ours
