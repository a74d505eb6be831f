"""The name of a release on a host is derived from its sources, like the tag of the image."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

# Each runs a playbook.
pytestmark = pytest.mark.server

ANSIBLE = Path(__file__).parents[2] / "ansible"
MANIFEST = {"release": "92c0b9fa8a11", "python": "3.13", "application": None}


@pytest.fixture
def wheelhouse(tmp_path: Path) -> Path:
    folder = tmp_path / "wheelhouse"
    folder.mkdir()
    (folder / "celery_platform-0.1.0-py3-none-any.whl").write_text("built once")
    return folder


def name_of(wheelhouse: Path) -> str:
    """`celery_app_release` after the role's preflight on this machine."""
    output = wheelhouse.parent / "output"
    variables = {
        "celery_app_wheelhouse": str(wheelhouse), "celery_app_environment": {"name": "tests"},
        "ansible_facts": {"os_family": "Debian", "distribution": "Debian"},
        "ansible_python_interpreter": sys.executable,
    }  # fmt: skip
    tasks = [
        {"ansible.builtin.include_role": {"name": "celery_app", "tasks_from": "preflight"}},
        {"ansible.builtin.copy": {"content": "{{ celery_app_release }}", "dest": str(output), "mode": "0600"}},
    ]
    play = {"hosts": "all", "connection": "local", "gather_facts": False, "vars": variables, "tasks": tasks}
    (wheelhouse.parent / "play.yml").write_text(yaml.safe_dump([play]))
    run = subprocess.run(
        [Path(sys.executable).with_name("ansible-playbook"), "-i", "one,", wheelhouse.parent / "play.yml"],
        cwd=ANSIBLE, text=True, check=False, timeout=120, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout
    return output.read_text()


def built_again(wheelhouse: Path) -> None:
    (wheelhouse / "celery_platform-0.1.0-py3-none-any.whl").write_text("built again, at another time")


def test_wheels_that_are_built_again_from_the_same_sources_are_the_same_release(wheelhouse: Path) -> None:
    (wheelhouse / "app.json").write_text(json.dumps(MANIFEST))
    built_again(wheelhouse)

    assert name_of(wheelhouse) == "92c0b9fa8a11-python3.13"


def test_wheels_that_say_nothing_of_themselves_are_named_by_their_checksums(wheelhouse: Path) -> None:
    before = name_of(wheelhouse)
    built_again(wheelhouse)

    assert (len(before), name_of(wheelhouse) != before) == (16, True)
