"""From the environment file to tasks that ran: the way production takes, on one machine, on each broker in turn."""

import re
import subprocess
from pathlib import Path

import pytest

from .conftest import REPOSITORY, LocalEnvironment, tail

pytestmark = [pytest.mark.path, pytest.mark.timeout(1800)]


def test_a_second_playbook_run_changes_nothing(local: LocalEnvironment) -> None:
    again = local.run("ansible-playbook", "site.yml", folder="ansible")

    assert again.returncode == 0, tail(again)
    changed = dict(re.findall(r"^(\S+)\s+: ok=\d+\s+changed=(\d+)", again.stdout, re.MULTILINE))
    hosts = {host for host in changed if "worker" in host}
    assert hosts, tail(again)
    assert set(changed.values()) == {"0"}, tail(again)


def test_the_demo_loses_nothing_and_repeats_no_effect(local: LocalEnvironment, tmp_path: Path) -> None:
    demo = local.run("python", "-m", "app", "demo", "--env", "local", "--output", str(tmp_path))

    assert demo.returncode == 0, tail(demo)
    sheets = list(tmp_path.rglob("*.jp*g"))
    photographs = [file for file in (REPOSITORY / "app/demo/photographs").iterdir() if file.suffix == ".jpg"]
    assert len(sheets) >= len(photographs) > 0, tail(demo)


def test_the_io_pool_ran_in_pods_of_the_chart_and_a_second_rollout_changes_nothing(local: LocalEnvironment) -> None:
    again = local.run("python", "-m", "region", "pods")

    assert again.returncode == 0, tail(again)
    states = dict(re.findall(r"(celery-local-\S+-\d) (\S+)", again.stdout))
    assert any("worker-io" in name for name in states), tail(again)
    assert set(states.values()) == {"kept"}, tail(again)


def test_a_second_plan_changes_nothing_but_what_the_emulator_forgets(local: LocalEnvironment) -> None:
    plan = local.run("make", "plan", "ENV=local")

    assert plan.returncode == 0, tail(plan)
    assert re.search(r"No changes|Plan: 0 to add, \d+ to change, 0 to destroy", plan.stdout), tail(plan)
    changed = re.findall(r"# (\S+) will be updated", plan.stdout)
    # terraform/README.md, "Where the emulator differs": the description and tags of an all-traffic egress rule.
    assert {name for name in changed if "aws_vpc_security_group_egress_rule" not in name} == set(), tail(plan)


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
