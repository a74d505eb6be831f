"""Terraform's checks: format, validation without a warning, and the modules' tests with a mocked provider."""

import json
import os
import re
from collections import Counter
from pathlib import Path

import pytest

from tests.terraform.conftest import ROOT, Terraform

pytestmark = pytest.mark.terraform

MODULES = sorted(folder.name for folder in (ROOT / "terraform" / "modules").iterdir())


def files_of(module: str) -> list[str]:
    """The test files of a module in terraform/tests: that of its name, and parts such as `eks_node_groups`."""
    stems = sorted(
        file.name.removesuffix(".tftest.hcl") for file in Path(ROOT, "terraform", "tests").glob("*.tftest.hcl")
    )
    parts = [stem for stem in stems if stem.startswith(f"{module}_") and not set(MODULES) & {stem}]
    return [f"tests/{stem}.tftest.hcl" for stem in (module, *parts)]


def test_is_formatted(terraform: Terraform) -> None:
    done = terraform("fmt", "-check", "-recursive")
    assert done.returncode == 0, f"run `terraform fmt -recursive terraform`: {done.stdout}"


def test_is_valid_without_a_warning(terraform: Terraform) -> None:
    assert json.loads(terraform("validate", "-json").stdout)["diagnostics"] == []


def test_modules(terraform: Terraform) -> None:
    """Of every module, or of the one that `MODULE` names."""
    one = os.environ.get("MODULE")
    done = terraform("test", "-no-color", *(f"-filter={file}" for file in (files_of(one) if one else ())))
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_module_is_used() -> None:
    text = "".join(file.read_text() for file in Path(ROOT, "terraform").rglob("*.tf"))
    assert [name for name in MODULES if f'/{name}"' not in text] == []


@pytest.mark.parametrize("module", MODULES)
def test_a_module_has_its_files_and_a_test(module: str) -> None:
    files = [Path("modules", module, name) for name in ("main.tf", "variables.tf", "versions.tf", "README.md")]
    files.append(Path("tests", f"{module}.tftest.hcl"))

    assert [str(file) for file in files if not (ROOT / "terraform" / file).exists()] == []


@pytest.mark.parametrize("module", MODULES)
def test_every_rule_of_a_module_is_broken_once(module: str) -> None:
    """Each validation of a variable is an expected failure in the tests of its module."""
    from documentation.configuration import MODULES as FOLDER
    from documentation.configuration import labelled

    text = "".join(Path(ROOT, "terraform", file).read_text() for file in files_of(module))
    rules = {name: len(body.get("validation", ())) for name, body in labelled(FOLDER / module, "variable")}
    broken = Counter(re.findall(r"expect_failures = \[var\.(\w+)\]", text))

    assert {name: number for name, number in rules.items() if broken[name] < number} == {}
    assert set(broken) <= {name for name, number in rules.items() if number}
