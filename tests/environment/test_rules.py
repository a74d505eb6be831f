"""The rules as a whole: each has its reason, and a test that breaks it."""

import pytest
from celery_platform.environment.rules import RULES_OF_THE_DERIVED, SECTIONS, Rule

from .conftest import BROKEN, LEFT_OUT

ALL = [*(rule for section in SECTIONS for rule in section.RULES), *RULES_OF_THE_DERIVED]


@pytest.mark.parametrize("rule", ALL, ids=lambda rule: rule.__name__)
def test_a_rule_says_why(rule: Rule) -> None:
    assert rule.__doc__, f"write the reason of {rule.__name__} and its source into its docstring"


def test_every_rule_is_broken_by_a_test() -> None:
    if LEFT_OUT:
        pytest.skip("only some of the tests in tests/environment run")

    assert [rule.__name__ for rule in ALL if rule not in BROKEN] == [], "add a test that breaks it"
