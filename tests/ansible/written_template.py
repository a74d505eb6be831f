"""A file as Ansible writes it on a host, from a role's template and its variables."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.harness.servers import REPOSITORY

ROLES = REPOSITORY / "ansible" / "roles"


def as_written(folder: Path, role: str, template: str, variables: Mapping[str, Any]) -> Any:
    """The YAML that `template` of a role becomes, with the role's defaults and these variables.

    Example: `as_written(tmp_path, "monitoring", "alertmanager.yml.j2", {})["global"]`
    """
    return yaml.safe_load(text_as_written(folder, role, template, variables))


def text_as_written(folder: Path, role: str, template: str, variables: Mapping[str, Any]) -> str:
    """The same as text, for a file that is no YAML."""
    known = yaml.safe_load((ROLES / role / "defaults" / "main.yml").read_text()) | variables
    (folder / "variables.json").write_text(json.dumps(known))
    source, file = ROLES / role / "templates" / template, folder / template.removesuffix(".j2")
    done = subprocess.run(
        [
            Path(sys.executable).with_name("ansible"), "localhost", "--connection", "local",
            "--extra-vars", f"@{folder / 'variables.json'}",
            "--extra-vars", f"ansible_python_interpreter={sys.executable}",
            "--module-name", "ansible.builtin.template", "--args", f"src={source} dest={file}",
        ],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return file.read_text()
