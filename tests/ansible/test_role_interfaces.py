"""A role says its variables twice, as defaults and as argument specification: both must name the same ones."""

from pathlib import Path
from typing import Any

import pytest
import yaml

ROLES = sorted((Path(__file__).parents[2] / "ansible" / "roles").iterdir())


def _yaml(file: Path) -> Any:
    return yaml.safe_load(file.read_text())


@pytest.fixture(params=ROLES, ids=lambda role: role.name)
def role(request: pytest.FixtureRequest) -> Path:
    return Path(request.param)


def _options(role: Path) -> dict[str, Any]:
    return dict(_yaml(role / "meta" / "argument_specs.yml")["argument_specs"]["main"]["options"])


def test_defaults_and_argument_specification_name_the_same_variables(role: Path) -> None:
    assert set(_yaml(role / "defaults" / "main.yml")) == set(_options(role))


def test_a_variable_is_required_exactly_when_it_has_no_default(role: Path) -> None:
    defaults = _yaml(role / "defaults" / "main.yml")
    assert {name for name, value in defaults.items() if value is None} == {
        name for name, option in _options(role).items() if option.get("required")
    }


def test_variables_carry_the_name_of_the_role(role: Path) -> None:
    assert [name for name in _options(role) if not name.startswith(f"{role.name}_")] == []


def test_every_variable_is_described(role: Path) -> None:
    assert [name for name, option in _options(role).items() if not option.get("description")] == []


def test_role_has_a_readme(role: Path) -> None:
    assert (role / "README.md").exists()
