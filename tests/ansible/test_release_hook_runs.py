"""The release hook runs once for a release and a command. Runs the role's tasks with two folders as hosts."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

# Each runs a playbook.
pytestmark = pytest.mark.server

ANSIBLE = Path(__file__).parents[2] / "ansible"
HOSTS = ("one", "two")
MIGRATE = ("migrate",)
# Replaces systemd-run, which needs systemd: records its command, and fails if the file `fails` exists.
SYSTEMD_RUN = """#!/bin/sh
while [ "$1" != -- ]; do shift; done
echo "$@" >> {folder}/ran
[ ! -e {folder}/fails ]
"""


@dataclass(frozen=True)
class Hosts:
    """Two hosts, `one` and `two`, with a folder each."""

    folder: Path

    def installs(self, release: str) -> None:
        """Install a release on both hosts without making it current."""
        for host in HOSTS:
            (self.folder / host / "releases" / release).mkdir(parents=True, exist_ok=True)
            (self.folder / host / "releases" / release / ".complete").touch()

    def move_to(self, release: str, *hosts: str) -> None:
        """Make a release current on these hosts, or on both."""
        for host in hosts or HOSTS:
            link = self.folder / host / "venv"
            link.unlink(missing_ok=True)
            link.symlink_to(self.folder / host / "releases" / release / "venv")

    def hook(self, command: tuple[str, ...], release: str, *words: str) -> str:
        """Run `tasks_from: hook`; returns Ansible's output."""
        variables = {
            "celery_app_folder": f"{self.folder}/{{{{ inventory_hostname }}}}",
            "celery_app_environment_file": f"{self.folder}/{{{{ inventory_hostname }}}}/resolved.json",
            "celery_app_release": release, "celery_app_configuration": "c1",
            "celery_app_hook": list(command), "celery_app_hook_region": "eu-west-1",
            "ansible_python_interpreter": sys.executable,
        }  # fmt: skip
        task = {"ansible.builtin.include_role": {"name": "celery_app", "tasks_from": "hook"}}
        play = {
            "hosts": "all", "connection": "local", "gather_facts": False, "any_errors_fatal": True,
            "environment": {"PATH": f"{self.folder}:/usr/bin:/bin"}, "vars": variables, "tasks": [task],
        }  # fmt: skip
        (self.folder / "play.yml").write_text(yaml.safe_dump([play]))
        return subprocess.run(
            [Path(sys.executable).with_name("ansible-playbook"), "-i", f"{','.join(HOSTS)},",
             self.folder / "play.yml", *words],
            cwd=ANSIBLE, text=True, check=False, timeout=120, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        ).stdout  # fmt: skip

    def ran(self) -> list[str]:
        """The commands that ran, by their last word."""
        file = self.folder / "ran"
        return [line.split()[-1] for line in file.read_text().splitlines()] if file.exists() else []


@pytest.fixture
def hosts(tmp_path: Path) -> Hosts:
    (tmp_path / "systemd-run").write_text(SYSTEMD_RUN.format(folder=tmp_path))
    (tmp_path / "systemd-run").chmod(0o755)
    found = Hosts(tmp_path)
    found.installs("r1")
    return found


def test_it_runs_once_for_all_hosts_of_a_new_release(hosts: Hosts) -> None:
    printed = hosts.hook(MIGRATE, "r1")

    assert hosts.ran() == ["migrate"], printed
    assert json.loads((hosts.folder / "two/releases/r1/hook.json").read_text()) == ["migrate"]


def test_it_does_not_run_again_once_a_host_has_moved(hosts: Hosts) -> None:
    hosts.hook(MIGRATE, "r1")
    hosts.move_to("r1", "two")

    printed = hosts.hook(MIGRATE, "r1")

    assert hosts.ran() == ["migrate"], printed
    assert printed.count("changed=0") == 2


@pytest.mark.parametrize("before", [(), ("collect",)], ids=["added", "changed"])
def test_another_command_runs_with_the_same_release(hosts: Hosts, before: tuple[str, ...]) -> None:
    hosts.hook(before, "r1")
    hosts.move_to("r1")

    printed = hosts.hook(MIGRATE, "r1")

    assert hosts.ran() == [*before, "migrate"], printed


def test_it_runs_again_for_a_release_that_comes_back(hosts: Hosts) -> None:
    hosts.hook(MIGRATE, "r1")
    hosts.installs("r2")
    hosts.move_to("r2")

    hosts.hook(MIGRATE, "r1")

    assert hosts.ran() == ["migrate", "migrate"]


def test_one_that_failed_runs_again(hosts: Hosts) -> None:
    hosts.move_to("r1")
    (hosts.folder / "fails").touch()
    assert "No worker uses this release" in " ".join(hosts.hook(MIGRATE, "r1").split())
    (hosts.folder / "fails").unlink()

    hosts.hook(MIGRATE, "r1")

    assert hosts.ran() == ["migrate", "migrate"]


def test_a_release_that_is_not_installed_runs_nothing(hosts: Hosts) -> None:
    printed = " ".join(hosts.hook(MIGRATE, "r2").split())

    assert "Expected release r2 of the wheelhouse to be installed on one, found nothing" in printed
    assert hosts.ran() == []


def test_check_mode_says_what_would_run_and_notes_nothing(hosts: Hosts) -> None:
    assert "would run once: migrate" in hosts.hook(MIGRATE, "r2", "--check")

    assert hosts.ran() == []
    assert not list(hosts.folder.glob("*/releases/*/hook.json"))
