"""Terraform's checks: format, validation without a warning, and the modules' tests with a mocked provider."""

import json
import os
import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from tests.terraform.conftest import ROOT, Terraform

pytestmark = pytest.mark.terraform

MODULES = sorted(folder.name for folder in (ROOT / "terraform" / "modules").iterdir())
# Mock providers do not support ephemeral resources (Terraform 1.11). test_apply.py covers this module.
WITHOUT_A_MOCK = {"secrets"}


def test_is_formatted(terraform: Terraform) -> None:
    done = terraform("fmt", "-check", "-recursive")
    assert done.returncode == 0, f"run `terraform fmt -recursive terraform`: {done.stdout}"


def test_is_valid_without_a_warning(terraform: Terraform) -> None:
    assert json.loads(terraform("validate", "-json").stdout)["diagnostics"] == []


def test_modules(terraform: Terraform) -> None:
    """Of every module, or of the one that `MODULE` names."""
    one = os.environ.get("MODULE")
    done = terraform("test", "-no-color", *([f"-filter=tests/{one}.tftest.hcl"] if one else []))
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_module_is_used() -> None:
    text = "".join(file.read_text() for file in Path(ROOT, "terraform").rglob("*.tf"))
    assert [name for name in MODULES if f'/{name}"' not in text] == []


@pytest.mark.parametrize("module", MODULES)
def test_a_module_has_its_files_and_a_test(module: str) -> None:
    files = [Path("modules", module, name) for name in ("main.tf", "variables.tf", "versions.tf", "README.md")]
    if module not in WITHOUT_A_MOCK:
        files.append(Path("tests", f"{module}.tftest.hcl"))

    assert [str(file) for file in files if not (ROOT / "terraform" / file).exists()] == []


@pytest.mark.parametrize("module", [name for name in MODULES if name not in WITHOUT_A_MOCK])
def test_every_rule_of_a_module_is_broken_once(module: str) -> None:
    """Each validation of a variable is an expected failure in the test file of its module."""
    from documentation.configuration import MODULES as FOLDER
    from documentation.configuration import labelled

    file = ROOT / "terraform" / "tests" / f"{module}.tftest.hcl"
    rules = {name: len(body.get("validation", ())) for name, body in labelled(FOLDER / module, "variable")}
    broken = Counter(re.findall(r"expect_failures = \[var\.(\w+)\]", file.read_text()))

    assert {name: number for name, number in rules.items() if broken[name] < number} == {}
    assert set(broken) <= {name for name, number in rules.items() if number}


def test_secrets_refuses_names_with_a_space(tmp_path: Path) -> None:
    from runner.tools import terraform_variables

    shutil.copytree(ROOT / "terraform" / "modules" / "secrets", tmp_path, dirs_exist_ok=True)
    names = {"generated": {"label": "celery x"}, "supplied": {"other": "celery y"}, "key_arn": "key"}
    (tmp_path / "terraform.tfvars.json").write_text(json.dumps(names))
    variables = terraform_variables(tmp_path, os.environ)
    subprocess.run(["terraform", "init"], cwd=tmp_path, env=variables, check=True, capture_output=True)

    refused = subprocess.run(
        ["terraform", "plan", "-no-color"], cwd=tmp_path, env=variables, check=False, capture_output=True, text=True
    )

    assert refused.returncode != 0
    assert " ".join(refused.stderr.split()).count("A secret's name must have") == 2
