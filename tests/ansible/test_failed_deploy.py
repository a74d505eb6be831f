"""The message of a deploy whose workers do not start: the rescue of workers.yml, with a folder as host."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

# Each runs a playbook.
pytestmark = pytest.mark.server

ANSIBLE = Path(__file__).parents[2] / "ansible"
WHY = "expected to import the application's modules of tasks; found KeyError: 'SIGNING_KEY'"
# The tasks of the rescue that run on a host without a previous release.
FIRST = ("Save what failed", "Read the journal", "Roll back to the previous release")
# Replace systemctl and journalctl, which this machine may not have. The journal has every line twice, as for a unit
# that was restarted.
SYSTEMCTL = "#!/bin/sh\necho 'celery-worker@cpu-1.service loaded activating auto-restart The worker cpu-1'\n"
JOURNALCTL = f"""#!/bin/sh
case "$*" in *--unit=celery-worker@cpu-1.service*_TRANSPORT=stdout) for start in 1 2; do echo "{WHY}"; done;; esac
"""


def deploy(folder: Path, *rescue: str, journal: str = JOURNALCTL) -> str:
    """Run a deploy in which a worker's start fails, with these tasks of the rescue; returns Ansible's output."""
    for name, script in (("systemctl", SYSTEMCTL), ("journalctl", journal)):
        (folder / name).write_text(script)
        (folder / name).chmod(0o755)
    start = {
        "name": "Start the workers",
        "ansible.builtin.fail": {"msg": "Unable to start service celery-worker@{{ item }}"},
        "loop": ["cpu-1", "cpu-2"],
    }
    play = {
        "hosts": "all", "connection": "local", "gather_facts": False,
        "environment": {"PATH": f"{folder}:/usr/bin:/bin"},
        "vars": {"ansible_python_interpreter": sys.executable, "celery_app_release": "r2"},
        "tasks": [{"block": [start], "rescue": [task for task in of_workers() if task["name"] in rescue]}],
    }  # fmt: skip
    (folder / "play.yml").write_text(yaml.safe_dump([play]))
    done = subprocess.run(
        [Path(sys.executable).with_name("ansible-playbook"), "-i", "one,", folder / "play.yml"],
        cwd=ANSIBLE, text=True, check=False, timeout=120, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    assert done.returncode != 0, done.stdout
    return done.stdout


def of_workers() -> list[dict[str, Any]]:
    """The rescue of the play that switches workers to a release."""
    plays = yaml.safe_load((ANSIBLE / "workers.yml").read_text())
    (move,) = (task for task in plays[-1]["tasks"] if "block" in task)
    rescue: list[dict[str, Any]] = move["rescue"]
    return rescue


def last_failure(printed: str) -> str:
    return [line for line in printed.splitlines() if line.startswith("fatal: ")][-1]


def test_the_first_release_of_a_host_says_why_its_workers_do_not_start(tmp_path: Path) -> None:
    printed = last_failure(deploy(tmp_path, *FIRST))

    assert "first one on this host" in printed
    assert printed.count(WHY) == 1
    assert "Start the workers: Unable to start service celery-worker@cpu-1 Unable" in printed


def test_a_release_that_goes_back_says_why_its_workers_did_not_start(tmp_path: Path) -> None:
    printed = last_failure(deploy(tmp_path, "Save what failed", "Read the journal", "Report that the deploy failed"))

    assert "rolled back to release r2" in printed
    assert printed.count(WHY) == 1


def test_a_host_without_a_journal_still_goes_back(tmp_path: Path) -> None:
    printed = last_failure(deploy(tmp_path, *FIRST, journal="#!/bin/sh\nexit 1\n"))

    assert "Last output of its units:\\nnothing" in printed
