"""The unit sends the host's journal, also what was written while CloudWatch was away or the unit was down."""

import json
import time
from collections.abc import Callable
from typing import Any

testinfra_hosts = ["podman://molecule-logs-1"]


def shipped(host: Any) -> list[dict[str, Any]]:
    """What the stand-in has accepted."""
    return [json.loads(line) for line in host.check_output("cat /opt/events.jsonl").splitlines()]


def wait(host: Any, met: Callable[[list[dict[str, Any]]], bool]) -> list[dict[str, Any]]:
    """What was accepted, once it is as expected."""
    deadline = time.monotonic() + 60
    while not met(found := shipped(host)):
        assert time.monotonic() < deadline, host.check_output("journalctl -u log-shipping -o cat -n 20")
        time.sleep(1)
    return found


def said(found: list[dict[str, Any]], text: str) -> list[dict[str, Any]]:
    """The events with this text."""
    return [event for event in found if event.get("message") == text]


def test_it_runs_and_starts_with_the_host(host: Any) -> None:
    unit = host.service("log-shipping")

    assert unit.is_running
    assert unit.is_enabled


def test_entries_of_any_program_arrive_once_with_what_wrote_them(host: Any) -> None:
    host.run_expect([0], "logger -t payments -p user.warning 'a line of payments'")
    (event,) = said(wait(host, lambda found: bool(said(found, "a line of payments"))), "a line of payments")

    assert event["level"] == "warning"
    assert event["group"] == "/celery/celery-test/hosts"
    assert event["stream"] == "molecule-logs-1"


def test_the_journal_since_the_start_of_the_host_is_there(host: Any) -> None:
    assert any(event["unit"] == "cloudwatch.service" for event in shipped(host))


def test_a_json_line_keeps_its_fields(host: Any) -> None:
    host.run_expect([0], 'systemd-run --unit=worker-a --wait echo \'{"task": "orders.ship", "task_id": "7"}\'')
    found = wait(host, lambda found: any(event.get("task_id") == "7" for event in found))

    (event,) = [event for event in found if event.get("task_id") == "7"]
    assert (event["unit"], event["task"]) == ("worker-a.service", "orders.ship")


def test_what_is_written_during_an_outage_arrives_after_it(host: Any) -> None:
    host.run_expect([0], "touch /opt/away")
    host.run_expect([0], "logger 'during the outage'")
    deadline = time.monotonic() + 60
    while "CloudWatch Logs" not in host.check_output("journalctl -u log-shipping -o cat"):
        assert time.monotonic() < deadline
        time.sleep(1)
    host.run_expect([0], "rm /opt/away")

    assert len(said(wait(host, lambda found: bool(said(found, "during the outage"))), "during the outage")) == 1


def test_what_is_written_while_it_is_down_arrives_and_nothing_twice(host: Any) -> None:
    host.run_expect([0], "systemctl stop log-shipping && logger 'while it is down' && systemctl start log-shipping")
    found = wait(host, lambda found: bool(said(found, "while it is down")))

    assert len(said(found, "while it is down")) == 1
    assert len(said(found, "during the outage")) == 1


def test_sandbox_scores_well(host: Any) -> None:
    summary = host.run("systemd-analyze security --no-pager log-shipping.service").stdout.splitlines()[-1]

    assert float(summary.rsplit(":", 1)[1].split()[0]) <= 3.0
