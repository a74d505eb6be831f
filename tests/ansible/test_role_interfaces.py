"""A role defines its variables in defaults/main.yml and describes them in meta/argument_specs.yml.

Both must match. A required option has no default in either: Ansible accepts a null in defaults/main.yml as a value, so
an empty string would get into a unit or a configuration file.
"""

import re
from pathlib import Path

import pytest

from tests.ansible.roles import ANSIBLE, ROLES, defaults, options, read, required

ROLES_FOLDER = ANSIBLE / "roles"
STEPS = ("check", "converge", "idempotence", "verify")


@pytest.fixture(params=ROLES, ids=lambda role: role.name)
def role(request: pytest.FixtureRequest) -> Path:
    return Path(request.param)


def test_an_option_is_either_required_or_has_a_default(role: Path) -> None:
    assert sorted(defaults(role)) == sorted(set(options(role)) - set(required(role)))


def test_no_default_is_null(role: Path) -> None:
    assert [name for name, value in defaults(role).items() if value is None] == []


def test_the_argument_specification_shows_the_defaults(role: Path) -> None:
    shown = {name: option["default"] for name, option in options(role).items() if "default" in option}

    assert shown == defaults(role)


def test_variables_carry_the_name_of_the_role(role: Path) -> None:
    assert [name for name in options(role) if not name.startswith(f"{role.name}_")] == []


def test_every_variable_is_described(role: Path) -> None:
    assert [name for name, option in options(role).items() if not option.get("description")] == []


def test_role_has_a_readme(role: Path) -> None:
    assert (role / "README.md").exists()


def test_a_scenario_applies_the_role_twice_in_check_mode_too_and_tests_its_host(role: Path) -> None:
    """Its own, or one of the role that needs it."""
    scenarios = [
        file.parent
        for file in ROLES_FOLDER.glob("*/molecule/*/converge.yml")
        if file.with_name("molecule.yml").exists() and re.search(rf"\b{role.name}\b", file.read_text())
    ]

    assert scenarios, f"no scenario applies the role: write {role.name}/molecule/default"
    assert [scenario for scenario in scenarios if _is_whole(scenario)] != [], (
        f"of {[str(each.relative_to(ROLES_FOLDER)) for each in scenarios]} none has {', '.join(STEPS)} in its "
        "test_sequence and a test_*.py in tests/"
    )


def _is_whole(scenario: Path) -> bool:
    sequence = read(scenario / "molecule.yml").get("scenario", {}).get("test_sequence", ())
    return set(STEPS) <= set(sequence) and any((scenario / "tests").glob("test_*.py"))
