"""From the environment file to finished tasks: the whole path of production on one machine, on each broker."""

import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import HTTPCookieProcessor, build_opener

import boto3
import pytest
from celery_platform.environment.account import account_variables

from tests.console.served import ADDRESS
from tests.harness.waiting import eventually

from .conftest import EVERYTHING, REPOSITORY, LocalEnvironment, tail, workers_log

pytestmark = [pytest.mark.path, pytest.mark.timeout(1800)]


def test_a_second_playbook_run_changes_nothing(local: LocalEnvironment) -> None:
    again = local.run("ansible-playbook", "site.yml", folder="ansible")

    assert again.returncode == 0, tail(again)
    changed = dict(re.findall(r"^(\S+)\s+: ok=\d+\s+changed=(\d+)", again.stdout, re.MULTILINE))
    hosts = {host for host in changed if "worker" in host}
    assert hosts, tail(again)
    assert set(changed.values()) == {"0"}, tail(again)


def test_the_demo_loses_nothing_and_repeats_no_effect(local: LocalEnvironment, tmp_path: Path) -> None:
    demo = local.run("app", "run", "--env", "local", "--", "python", "-m", "shop", "demo", "--output", str(tmp_path))

    assert demo.returncode == 0, f"{tail(demo)}\n{workers_log(local)}"
    sheets = list(tmp_path.rglob("*.jp*g"))
    photographs = [file for file in (REPOSITORY / "app/example/photographs").iterdir() if file.suffix == ".jpg"]
    assert len(sheets) >= len(photographs) > 0, tail(demo)


def test_the_lines_of_tasks_on_hosts_are_in_cloudwatch_logs(
    local: LocalEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in account_variables("local", "eu-west-1").items():
        monkeypatch.setenv(name, value)
    group = json.loads((local.environments / "local" / "resolved.json").read_text())["logs"]["host_group"]
    logs = boto3.client("logs")

    def lines() -> list[dict[str, Any]]:
        found = logs.filter_log_events(logGroupName=group, filterPattern="thumbnails")["events"]
        return [json.loads(event["message"]) for event in found]

    def of_the_demo() -> list[dict[str, Any]]:
        return [line for line in lines() if line.get("outcome") == "succeeded"]

    line = eventually(of_the_demo, "the line of a task of the demo")[0]
    assert line["unit"].startswith("celery-worker"), line
    assert line["task_id"], line


def test_the_release_command_ran_on_a_host_before_its_workers(local: LocalEnvironment) -> None:
    journal = local.run("podman", "exec", "celery-local-worker-cpu-1", "journalctl", "-o", "cat", "-b")

    began = journal.stdout.find("Started celery-release-")
    assert -1 < began < journal.stdout.find("Started celery-worker@"), tail(journal)


def test_the_io_pool_ran_in_pods_of_the_chart_and_a_second_rollout_changes_nothing(local: LocalEnvironment) -> None:
    again = local.run("python", "-m", "emulated_region", "pods")

    assert again.returncode == 0, tail(again)
    states = dict(re.findall(r"(celery-local-\S+-\d) (\S+)", again.stdout))
    assert any("worker-io" in name for name in states), tail(again)
    assert set(states.values()) == {"kept"}, tail(again)


def test_the_status_names_every_queue_and_pool(local: LocalEnvironment) -> None:
    status = local.run("make", "status", "ONCE=1")

    resolved = json.loads((local.environments / "local" / "resolved.json").read_text())
    assert [name for name in (*resolved["queues"], *resolved["pools"]) if name not in status.stdout] == [], tail(status)


def test_the_running_console_opens_at_the_address_that_make_prints_and_names_every_queue_and_pool(
    local: LocalEnvironment,
) -> None:
    made = local.run("make", "console")
    assert made.returncode == 0, tail(made)
    address = ADDRESS.search(made.stdout)
    assert address, tail(made)
    browser = build_opener(HTTPCookieProcessor())
    with browser.open(address[0]):
        pass

    def answered() -> str:
        with browser.open(address[0].partition("/sign-in")[0] + "/") as page:
            text: str = page.read().decode()
        return "" if "Asking for the first time" in text else text

    shown = eventually(answered, "what the broker answers", seconds=60)

    resolved = json.loads((local.environments / "local" / "resolved.json").read_text())
    assert [name for name in (*resolved["queues"], *resolved["pools"]) if f">{name}<" not in shown] == [], shown
    assert "cannot be polled" not in shown
    with pytest.raises(HTTPError, match="401"):
        build_opener(HTTPCookieProcessor()).open(address[0])


def test_a_second_plan_changes_nothing(local: LocalEnvironment) -> None:
    plan = local.run("make", "plan", "ENV=local")

    assert plan.returncode == 0, tail(plan)
    assert "No changes." in plan.stdout, tail(plan)


def test_drift_is_found_where_a_hand_was_and_nowhere_else(
    local: LocalEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    if local.broker != "rabbitmq" or not EVERYTHING:
        pytest.skip("takes minutes, and one broker is enough: `make test-path` checks drift on rabbitmq")
    clean = local.run("make", "drift", "ENV=local")
    assert clean.returncode == 0, tail(clean)
    assert "account: as applied" in clean.stdout
    assert "hosts: as configured" in clean.stdout

    for name, value in account_variables("local", "eu-west-1").items():
        monkeypatch.setenv(name, value)
    with another_tag_on_the_vpc(boto3.client("ec2")), another_line_in_a_unit("celery-local-worker-cpu-1"):
        # not through make, which exits with 2 after any failure
        drifted = local.run("python", "terraform/run.py", "drift", "local")

    assert drifted.returncode == 1, tail(drifted)
    assert "account: differs" in drifted.stdout
    assert re.search(r"^ +~ .*\"Owner\".*by-hand", drifted.stdout, re.MULTILINE), tail(drifted)
    assert re.search(r"^  celery-local-worker-cpu-1: .*Write the unit$", drifted.stdout, re.MULTILINE), tail(drifted)


@contextmanager
def another_tag_on_the_vpc(ec2: Any) -> Iterator[None]:
    """Change a tag in the account by hand, and revert it."""
    (vpc,) = ec2.describe_vpcs(Filters=[{"Name": "tag:Environment", "Values": ["local"]}])["Vpcs"]
    before = [tag for tag in vpc["Tags"] if tag["Key"] == "Owner"]
    ec2.create_tags(Resources=[vpc["VpcId"]], Tags=[{"Key": "Owner", "Value": "by-hand"}])
    try:
        yield
    finally:
        ec2.create_tags(Resources=[vpc["VpcId"]], Tags=before)


@contextmanager
def another_line_in_a_unit(host: str) -> Iterator[None]:
    """Change a unit on a host by hand, and revert it."""
    unit = "/etc/systemd/system/celery-worker@.service"

    def edit(command: str) -> None:
        subprocess.run(["podman", "exec", host, "sh", "-c", command], check=True)

    edit(f"echo '# by hand' >> {unit}")
    try:
        yield
    finally:
        edit(f"sed -i '$ d' {unit}")


def test_down_leaves_nothing(local: LocalEnvironment) -> None:
    if local.broker != "sqs":
        pytest.skip("the environment is taken down once, after the last broker")
    down = local.run("make", "down")

    assert down.returncode == 0, tail(down)
    containers = subprocess.run(
        ["podman", "ps", "-a", "--format", "{{.Names}}"], capture_output=True, text=True, check=True
    )
    networks = subprocess.run(
        ["podman", "network", "ls", "--format", "{{.Name}}"], capture_output=True, text=True, check=True
    )
    volumes = subprocess.run(
        ["podman", "volume", "ls", "--format", "{{.Name}}"], capture_output=True, text=True, check=True
    )
    assert "celery-local" not in containers.stdout + networks.stdout + volumes.stdout
    assert not (REPOSITORY / ".state" / "local").exists()
