"""Terraform's own checks: format, validity without a warning, and the modules' tests with a mocked provider."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.terraform.conftest import ROOT

pytestmark = pytest.mark.terraform


@pytest.fixture(scope="module")
def variables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An initialised configuration without a backend."""
    from runner.tools import terraform_variables

    found = terraform_variables(tmp_path_factory.mktemp("terraform"), os.environ)
    done = terraform(found, "init", "-backend=false")
    assert done.returncode == 0, done.stderr
    return found


def terraform(variables: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["terraform", f"-chdir={ROOT / 'terraform'}", *arguments]
    return subprocess.run(command, env=variables, capture_output=True, text=True, check=False)


def test_is_formatted(variables: dict[str, str]) -> None:
    done = terraform(variables, "fmt", "-check", "-recursive")
    assert done.returncode == 0, f"run `terraform fmt -recursive terraform`: {done.stdout}"


def test_is_valid_without_a_warning(variables: dict[str, str]) -> None:
    assert json.loads(terraform(variables, "validate", "-json").stdout)["diagnostics"] == []


def test_modules(variables: dict[str, str]) -> None:
    done = terraform(variables, "test", "-no-color")
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_module_is_used() -> None:
    text = "".join(file.read_text() for file in Path(ROOT, "terraform").rglob("*.tf"))
    unused = [one.name for one in Path(ROOT, "terraform", "modules").iterdir() if f'/{one.name}"' not in text]
    assert unused == []
