"""The environments for tests, a copy of them that a test may edit, and which rules the tests have broken."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from functools import wraps
from pathlib import Path

import pytest
from celery_platform.environment import rules
from celery_platform.environment.errors import Problem
from celery_platform.environment.model import Environment
from celery_platform.environment.rules import Rule

from tests.harness.environment import ENVIRONMENTS

Edit = Callable[[str, str], None]
LAST = "test_every_rule_is_broken_by_a_test"
# It breaks what it happens to break, and takes its time.
FUZZER = "test_fuzz.py"
# The rules that found something so far, and whether tests of this folder were left out of the run.
BROKEN: set[Rule] = set()
LEFT_OUT: list[str] = []


def noted(rule: Rule) -> Rule:
    """The rule, which notes that it found something."""

    @wraps(rule)
    def found(env: Environment) -> Iterator[Problem]:
        for problem in rule(env):
            BROKEN.add(rule)
            yield problem

    return found


@pytest.fixture(scope="session", autouse=True)
def _rules_are_noted() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("RULES", "RULES_OF_THE_DERIVED"):
            patch.setattr(rules, name, tuple(noted(rule) for rule in getattr(rules, name)))
        yield


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What was broken is known when every other test has run. A run of some files leaves others out."""
    items.sort(key=lambda item: item.name == LAST)
    here = Path(__file__).parent
    LEFT_OUT.extend({file.name for file in here.glob("test_*.py")} - {item.path.name for item in items} - {FUZZER})


def pytest_deselected(items: Sequence[pytest.Item]) -> None:
    """A run with `-k` or `-m` leaves tests out, too."""
    here = [item for item in items if item.path.parent == Path(__file__).parent]
    LEFT_OUT.extend(item.name for item in here if item.path.name != FUZZER)


@pytest.fixture(autouse=True)
def environments_for_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read the environments for tests, so that these tests do not depend on the repository's environments."""
    monkeypatch.setenv("ENVIRONMENTS", str(ENVIRONMENTS))


@pytest.fixture
def environments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the environments, which the model then reads instead."""
    copy = tmp_path / "environments"
    shutil.copytree(ENVIRONMENTS, copy)
    monkeypatch.setenv("ENVIRONMENTS", str(copy))
    return copy


@pytest.fixture
def edit_prod(environments: Path) -> Edit:
    """Replace a text in production's file. The text must occur exactly once, so that no edit is silently lost."""

    def edit(old: str, new: str) -> None:
        file = environments / "prod" / "environment.yml"
        assert file.read_text().count(old) == 1, f"{old!r} must occur once in {file}"
        file.write_text(file.read_text().replace(old, new))

    return edit
