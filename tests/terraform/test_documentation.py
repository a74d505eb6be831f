"""Generated documentation matches the configuration."""

import re
from pathlib import Path

import pytest

from tests.terraform.conftest import ROOT

PLAN = {
    "configuration": {
        "root_module": {
            "module_calls": {
                "network": {"expressions": {"name": {"references": ["local.env"]}}},
                "eks": {
                    "expressions": {
                        "subnet_ids": {"references": ["module.network.private_subnet_ids", "module.network"]}
                    }
                },
                "results": {"expressions": {"vpc_id": {"references": ["local.vpc_id"]}}},
                "unused": {"expressions": {}},
            }
        }
    },
    "resource_changes": [
        {"address": "module.network.aws_vpc.this", "mode": "managed"},
        {"address": "module.network.aws_subnet.private", "mode": "managed"},
        {"address": "module.eks[0].aws_eks_cluster.this", "mode": "managed"},
        {"address": "module.results.aws_security_group.this", "mode": "managed"},
        {"address": "module.eks[0].data.aws_partition.this", "mode": "data"},
    ],
}


def test_every_module_has_a_readme_that_matches_it() -> None:
    from documentation.modules import readmes

    stale = [file.parent.name for file, text in readmes().items() if not file.exists() or file.read_text() != text]
    assert stale == [], "run `make terraform-docs`"


def test_a_new_input_makes_the_readme_stale(tmp_path: Path) -> None:
    from documentation.modules import readme

    module = tmp_path / "sqs"
    module.mkdir()
    (module / "variables.tf").write_text(
        'variable "surprise" {\n  description = "d"\n  type = bool\n  default = false\n}\n'
    )

    assert "| `surprise` | `bool` | `false` | d |" in readme(module)


def test_usage_is_the_call_that_the_environment_makes() -> None:
    from documentation.usage import usage

    file, call = usage("sqs")

    assert call.startswith('module "sqs" {\n  source = "./modules/sqs"\n')
    assert call in file.read_text()
    assert call.count("\nmodule ") == 0


def test_every_module_has_an_example_with_literal_values_that_calls_it() -> None:
    from documentation.configuration import MODULES
    from documentation.usage import example

    examples = {folder.name: example(folder.name) for folder in MODULES.iterdir()}

    assert [name for name, file in examples.items() if f'"./modules/{name}"' not in file.read_text()] == []


def test_a_module_that_nothing_calls_has_no_usage() -> None:
    from documentation.usage import usage

    with pytest.raises(LookupError, match="expected a call of module unused"):
        usage("unused")


def test_the_diagram_shows_modules_that_make_something_and_what_they_need() -> None:
    from documentation.diagram import mermaid

    drawn = mermaid(PLAN, {"vpc_id": ["network"]})

    assert 'network["network<br/>2 resources"]' in drawn
    assert 'eks["eks<br/>1 resource"]' in drawn
    assert "network --> eks" in drawn
    assert "network --> results" in drawn
    assert "unused" not in drawn


def test_the_diagram_goes_between_its_marks() -> None:
    from documentation.diagram import BEGIN, END, placed

    assert placed(f"a\n{BEGIN}\nold\n{END}\nb", "new") == f"a\n{BEGIN}\nnew\n{END}\nb"
    with pytest.raises(ValueError, match="README"):
        placed("no marks", "new")


def test_every_module_in_the_diagram_exists() -> None:
    text = (ROOT / "terraform" / "README.md").read_text()
    drawn = set(re.findall(r'^  (\w+)\["', text, re.MULTILINE))
    called = set(
        re.findall(r'^module "(\w+)"', "".join(file.read_text() for file in (ROOT / "terraform").glob("*.tf")), re.M)
    )
    assert drawn
    assert drawn <= called, "run `make terraform-docs`"
