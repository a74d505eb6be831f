"""A monitoring host: both services run with their rules and routes, and an alert fires if there are no targets."""

import json
import time
from typing import Any

import pytest

PROMETHEUS, ALERTMANAGER = "http://127.0.0.1:9090", "http://127.0.0.1:9093"


def _get(host: Any, url: str) -> Any:
    """A response as JSON, fetched with the host's Python."""
    code = f"import urllib.request; print(urllib.request.urlopen('{url}', timeout=5).read().decode())"
    return json.loads(host.check_output(f'python3 -c "{code}"'))


@pytest.mark.parametrize("unit", ["prometheus", "prometheus-alertmanager"])
def test_service_runs_now_and_at_boot(host: Any, unit: str) -> None:
    assert host.service(unit).is_running
    assert host.service(unit).is_enabled


@pytest.mark.parametrize("port", [9090, 9093])
def test_only_the_host_itself_may_ask(host: Any, port: int) -> None:
    assert host.socket(f"tcp://127.0.0.1:{port}").is_listening
    assert not host.socket(f"tcp://0.0.0.0:{port}").is_listening


def test_the_rules_are_loaded(host: Any) -> None:
    groups = _get(host, f"{PROMETHEUS}/api/v1/rules")["data"]["groups"]
    names = {rule["name"] for group in groups for rule in group["rules"]}
    assert {"CeleryQueueLong", "CeleryExporterBlind", "celery:task_failed:ratio10m"} <= names


def test_what_is_scraped_is_valid_and_finds_hosts_by_tag_and_workers_by_pod(host: Any) -> None:
    assert host.run("promtool check config --syntax-only /etc/prometheus/prometheus.yml").rc == 0
    text = host.file("/etc/prometheus/prometheus.yml").content_string
    assert '{name: "tag:Project", values: ["shop: 1"]}' in text
    assert '{name: "tag:Role", values: [worker]}' in text
    assert '{name: "tag:Role", values: [rabbitmq]}' in text
    assert "kubernetes_sd_configs" in text


@pytest.mark.parametrize(
    ("severity", "receiver"), [("page", "molecule-page"), ("ticket", "molecule-ticket"), ("other", "molecule-ticket")]
)
def test_an_alert_goes_to_who_should_know(host: Any, severity: str, receiver: str) -> None:
    route = f"amtool config routes test --config.file=/etc/prometheus/alertmanager.yml severity={severity}"
    assert host.check_output(route) == receiver


def test_the_pager_s_url_is_not_for_everybody(host: Any) -> None:
    file = host.file("/etc/prometheus/alertmanager.yml")
    assert (file.user, file.group, file.mode) == ("root", "prometheus", 0o640)


def test_the_alert_that_always_fires_goes_to_the_dead_man_s_switch_alone(host: Any) -> None:
    route = "amtool config routes test --config.file=/etc/prometheus/alertmanager.yml alertname=CeleryDeadManSwitch"
    assert host.check_output(route) == "molecule-dead-man-switch"


def test_an_exporter_that_is_not_there_is_told_within_two_minutes(host: Any) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        alerts = _get(host, f"{ALERTMANAGER}/api/v2/alerts")
        firing = {(alert["labels"]["alertname"], alert["labels"]["environment"]) for alert in alerts}
        if ("CeleryExporterBlind", "molecule") in firing:
            return
        time.sleep(2)
    pytest.fail(f"not among the firing alerts {firing}")
