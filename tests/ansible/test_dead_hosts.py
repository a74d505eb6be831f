"""What a deploy does about a host that fails or dies: the plays of workers.yml, with steps that only note themselves.

The roles are left out, because what is tested are the keywords of plays, such as max_fail_percentage. A host dies by
a connection that refuses it from then on, because no real one does so at a chosen task.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.ansible.roles import ANSIBLE, read

pytestmark = pytest.mark.server
HOSTS = ("one", "two", "three", "four")
CONNECTION = """
from pathlib import Path
from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.connection.local import Connection as Local
DOCUMENTATION = '''
name: mortal
short_description: Local, until a file says that the host is dead
options:
  grave: {description: The file., vars: [{name: grave}]}
'''
class Connection(Local):
    transport = "mortal"
    def exec_command(self, *arguments, **options):
        ended = None if self.is_dead() else super().exec_command(*arguments, **options)
        if self.is_dead():  # perhaps since the command
            raise AnsibleConnectionFailure("no session: TargetNotConnected")
        return ended

    def is_dead(self):
        return Path(self.get_option("grave")).exists()
"""


@dataclass(frozen=True)
class Deploy:
    """A deploy that ran."""

    folder: Path
    code: int
    printed: str

    def steps(self, host: str) -> list[str]:
        """The steps that a host has taken."""
        log = self.folder / f"{host}.log"
        return log.read_text().split() if log.exists() else []

    @property
    def standing(self) -> dict[str, str]:
        """What the last lines say of each host."""
        lines = self.printed.partition("WHERE EACH HOST STANDS")[2].splitlines()
        return {host: line for line in lines for host in HOSTS if line.startswith(f"{host}: ")}


def _stub(include: dict[str, Any]) -> list[dict[str, Any]]:
    what = f"{include['name']}/{include.get('tasks_from', 'main')}"
    of_host = "{{ trials }}/{{ inventory_hostname }}"
    mark = what.replace("/", "-")
    note = f"echo {what} >> {of_host}.log; [ ! -e {of_host}.dies-{mark} ] || touch {of_host}.dead"
    step = {"name": what, "ansible.builtin.raw": f"{note}; [ ! -e {of_host}.fails-{mark} ]", "tags": ["configure"]}
    after = {"name": f"after {what}", "ansible.builtin.raw": "true", "tags": ["configure"]}
    # As in the role, the command itself is run on one host for all.
    return [step | {"run_once": True}, after] if include.get("tasks_from") == "hook" else [step, after]


def _stubbed(tasks: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for task in tasks:
        if "ansible.builtin.include_role" in task:
            yield from _stub(task["ansible.builtin.include_role"])
        else:
            yield task | {part: list(_stubbed(task[part])) for part in ("block", "rescue") if part in task}


def deploy(folder: Path, *marks: str, **variables: Any) -> Deploy:
    """Run it. A mark such as `two.dies-celery_app-install` says what becomes of a host, `two.dead` that it is dead."""
    for mark in marks:
        (folder / mark).touch()
    plays = [
        play | {"tasks": list(_stubbed(play["tasks"])), "gather_facts": False}
        for play in read(ANSIBLE / "workers.yml") if play["hosts"] == "worker"
    ]  # fmt: skip
    (folder / "connections").mkdir()
    (folder / "connections" / "mortal.py").write_text(CONNECTION)
    (folder / "play.yml").write_text(yaml.safe_dump([play | {"hosts": "all"} for play in plays]))
    given = {
        "ansible_connection": "mortal", "grave": "{{ trials }}/{{ inventory_hostname }}.dead", "trials": str(folder),
        "ansible_python_interpreter": sys.executable, "celery_worker_last_output": "-", "celery_app_release": "old",
        "hosts_at_once": 2, **variables,
    }  # fmt: skip
    (folder / "variables.yml").write_text(yaml.safe_dump(given))
    done = subprocess.run(
        [Path(sys.executable).with_name("ansible-playbook"), "-i", f"{','.join(HOSTS)},", "-e",
         f"@{folder}/variables.yml", folder / "play.yml"],
        cwd=ANSIBLE, text=True, check=False, timeout=180, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env=os.environ | {"ANSIBLE_CONNECTION_PLUGINS": str(folder / "connections")},
    )  # fmt: skip
    return Deploy(folder, done.returncode, done.stdout)


INSTALL, HOOK, SWITCH, LAST = "celery_app/install", "celery_app/hook", "celery_app/main", "celery_beat/main"


def test_a_dead_host_keeps_the_release_from_no_other(tmp_path: Path) -> None:
    done = deploy(tmp_path, "two.dead")

    assert [host for host in HOSTS if LAST in done.steps(host)] == ["one", "three", "four"], done.printed
    assert done.code != 0
    assert "unreachable since 'Install the release / celery_app/install': " in done.standing["two"]
    assert "TargetNotConnected" in done.standing["two"]
    assert "succeeded so far" in done.standing["four"]


def test_a_dead_host_stops_a_deploy_to_every_host(tmp_path: Path) -> None:
    done = deploy(tmp_path, "two.dead", deploy_to_every_host=True)

    assert [host for host in HOSTS if SWITCH in done.steps(host)] == []
    assert done.code != 0


def test_a_host_on_which_the_release_is_not_installed_stops_all(tmp_path: Path) -> None:
    done = deploy(tmp_path, "two.fails-celery_app-install")

    assert [host for host in HOSTS if HOOK in done.steps(host) or SWITCH in done.steps(host)] == []
    assert "failed at 'Install the release / celery_app/install'" in done.standing["two"]


@pytest.mark.parametrize("becomes", ["fails", "dies"])
def test_a_release_command_that_may_not_have_ended_stops_all(tmp_path: Path, becomes: str) -> None:
    done = deploy(tmp_path, f"one.{becomes}-celery_app-hook")

    assert [host for host in HOSTS if SWITCH in done.steps(host)] == []
    assert done.code != 0


def test_a_host_that_dies_in_its_switch_stops_those_after_it(tmp_path: Path) -> None:
    """The release may be why. Its own batch goes on, and no other begins."""
    done = deploy(tmp_path, "one.dies-celery_app-main")

    assert [host for host in HOSTS if SWITCH in done.steps(host)] == ["one", "two"]
    assert LAST in done.steps("two")
    assert "unreachable since 'Switch workers, beat and processes to the release" in done.standing["one"]
    assert "found one unreachable" in done.standing["three"]


def test_a_host_whose_switch_fails_goes_back_and_stops_those_after_it(tmp_path: Path) -> None:
    done = deploy(tmp_path, "one.fails-celery_app-main")

    assert "celery_app/rollback" in done.steps("one")
    assert [host for host in HOSTS if SWITCH in done.steps(host)] == ["one", "two"]
    assert "rolled back to release old" in done.standing["one"]


def test_a_deploy_without_faults_says_nothing_of_hosts(tmp_path: Path) -> None:
    done = deploy(tmp_path)

    assert done.code == 0, done.printed
    assert [host for host in HOSTS if LAST in done.steps(host)] == list(HOSTS)
    assert done.standing == {}
