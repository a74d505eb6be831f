"""The unit of the release hook passes the command's arguments unchanged, as a shell would."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

# Each runs a playbook.
pytestmark = pytest.mark.server

HOOK = Path(__file__).parents[2] / "ansible" / "roles" / "celery_app" / "tasks" / "hook.yml"
# Text that systemd, Ansible and Kubernetes would each expand differently.
PECULIAR = ["sh", "-c", """echo "$(id -un) ${HOME} $HOME $$ 100% %n" 'a "b" \\n'""", "$HOME", "${HOME}", "$", "~", ""]
# Replaces systemd-run, because the machine of the tests may have no systemd. The scenario `default` of celery_worker
# runs the command on hosts.
SYSTEMD_RUN = f"#!{sys.executable}\nimport json, sys; print(json.dumps(sys.argv[1:]))\n"


def as_systemd_reads(word: str, variables: dict[str, str]) -> list[str]:
    """systemd.service(5), "Command lines", for a unit of systemd-run: `%` stays, as was seen with systemd 252 and 257.

    `$NAME` as a word of its own is split, `${NAME}` is put anywhere, what is not set is empty, `$$` is a dollar.
    """
    if alone := re.fullmatch(r"\$(\w+)", word):
        return variables.get(alone[1], "").split()
    return [re.sub(r"\$(?:(\$)|\{(\w+)\})", lambda found: "$" if found[1] else variables.get(found[2], ""), word)]


@pytest.fixture
def argv(tmp_path: Path) -> list[str]:
    """The arguments that systemd-run gets from the role's task through Ansible's module."""
    (tmp_path / "systemd-run").write_text(SYSTEMD_RUN)
    (tmp_path / "systemd-run").chmod(0o755)
    task = _task(yaml.safe_load(HOOK.read_text()), "Run it")
    result = tmp_path / "argv"
    keep = {
        "ansible.builtin.copy": {
            "content": "{{ _celery_app_hook.stdout_lines | to_json }}",
            "dest": str(result),
            "mode": "0600",
        }
    }
    play = {
        "hosts": "localhost", "connection": "local", "gather_facts": False,
        "environment": {"PATH": f"{tmp_path}:/usr/bin:/bin"},
        "tasks": [task, keep],
        "vars": {
            "ansible_python_interpreter": sys.executable,
            "celery_app_hook": PECULIAR, "celery_app_hook_region": "eu-west-1", "celery_app_hook_timeout_seconds": 60,
            "celery_app_release": "r1", "celery_app_user": "celery",
            "_celery_app_home": "/opt/celery/r1", "_celery_app_configuration_file": "/etc/celery/resolved.json",
        },
    }  # fmt: skip
    (tmp_path / "play.yml").write_text(yaml.safe_dump([play]))
    program = Path(sys.executable).with_name("ansible-playbook")
    run = subprocess.run(
        [program, "-i", "localhost,", tmp_path / "play.yml"],
        cwd=tmp_path, text=True, check=False, timeout=120, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout
    (line,) = json.loads(result.read_text())
    return list(json.loads(line))


def _task(tasks: list[dict[str, Any]], name: str) -> dict[str, Any]:
    """The only task of this name, also within blocks."""
    (found,) = (task for outer in tasks for task in outer.get("block", [outer]) if task["name"] == name)
    return dict(found)


def test_the_command_means_what_it_means_in_a_shell(argv: list[str]) -> None:
    command = argv[argv.index("--") + 1 :]

    read = [word for given in command for word in as_systemd_reads(given, {"HOME": "/put/in"})]

    assert read == ["/opt/celery/r1/venv/bin/app", "run", "--", *PECULIAR]


def test_secrets_that_are_files_have_a_folder_that_the_manager_removes(argv: list[str]) -> None:
    assert "--property=RuntimeDirectory=celery-release-r1" in argv
