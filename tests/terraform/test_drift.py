"""Drift on hosts is read from Ansible's report of a run in check mode."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

SITE = """
- name: Hosts
  hosts: localhost
  gather_facts: false
  tasks:
    - name: Write the unit
      ansible.builtin.copy:
        content: "{text}"
        dest: "{folder}/unit"
        mode: "0644"
    - name: Read the unit
      ansible.builtin.stat:
        path: "{folder}/unit"
"""


@pytest.fixture
def playbooks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of playbooks whose site.yml has been run once."""
    from runner import drift

    monkeypatch.setattr(drift, "PLAYBOOKS", tmp_path)
    (tmp_path / "ansible.cfg").write_text("[defaults]\nnocows = true\n")
    write(tmp_path, "as configured")
    subprocess.run(["ansible-playbook", "site.yml"], cwd=tmp_path, check=True, capture_output=True)
    return tmp_path


def write(folder: Path, text: str) -> None:
    (folder / "site.yml").write_text(SITE.format(folder=folder, text=text))


def test_hosts_as_configured_show_nothing(playbooks: Path) -> None:
    from runner.drift import on_hosts

    assert on_hosts("local") == []
    assert (playbooks / "unit").read_text() == "as configured"


def test_a_changed_file_is_named_with_its_host_and_not_repaired(playbooks: Path) -> None:
    from runner.drift import on_hosts

    (playbooks / "unit").write_text("edited by hand")

    assert on_hosts("local") == ["localhost: Write the unit"]
    assert (playbooks / "unit").read_text() == "edited by hand"


def test_a_host_that_cannot_be_checked_is_an_error_not_a_clean_bill(playbooks: Path) -> None:
    from runner.drift import on_hosts
    from runner.errors import RunError

    (playbooks / "unit").unlink()
    (playbooks / "unit").mkdir()

    with pytest.raises(RunError, match="localhost failed"):
        on_hosts("local")


def test_changes_are_read_from_every_play() -> None:
    from runner.drift import changes

    def play(host: str, changed: bool) -> dict[str, Any]:
        return {"tasks": [{"task": {"name": "T"}, "hosts": {host: {"changed": changed}}}]}

    assert list(changes({"plays": [play("a", False), play("b", True)]})) == ["b: T"]
