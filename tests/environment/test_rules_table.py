"""The table of rules in environments/README.md: complete, up to date, and each row says who would refuse."""

import pytest
from celery_platform.environment import rules_table
from celery_platform.environment.rules import RULES, RULES_OF_THE_DERIVED, Rule
from celery_platform.environment.shape import whole_file

from tests.harness.servers import REPOSITORY

README = REPOSITORY / "environments" / "README.md"


def test_the_table_of_the_readme_is_up_to_date() -> None:
    text = README.read_text()

    assert rules_table.BEGIN in text
    assert rules_table.put_into(text) == text, "run `make render`"


def test_every_rule_has_a_row() -> None:
    text = README.read_text()

    assert [row.holds for row in rules_table.rows() if f"| {row.holds} |" not in text] == []
    assert len(list(rules_table.rows())) == len({*RULES, *RULES_OF_THE_DERIVED})


@pytest.mark.parametrize("path", rules_table.FORMS)
def test_every_key_of_the_table_is_in_the_model(path: str) -> None:
    assert whole_file().at(path.split(".")) is not None


def test_a_row_has_the_reason_and_who_refuses_of_a_docstring() -> None:
    def ships_have_names(_: object) -> None:
        """A ship without a name
        is never found.

        More about it. Refused by: this is no line of its own, and not meant.

        Refused by: the port
        (guide "Ships").
        """

    row = rules_table.of_rule(named(ships_have_names))

    assert row == rules_table.Row(
        "ships have names", 'the port (guide "Ships")', "A ship without a name is never found."
    )


def named(rule: object) -> Rule:
    return rule  # type: ignore[return-value]


def test_a_cell_with_a_bar_stays_one_cell() -> None:
    row = rules_table.Row("a|b", "c", "d")

    assert "| a\\|b | c | d |" in rules_table._table(("x", "y", "z"), [row])
