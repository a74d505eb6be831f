"""Each recipe of CONTRIBUTING, followed as written, passes its checks; without one of its steps a check says which."""

import re

import pytest

from tests.harness.checkout import Checkout

from . import alert, ansible_role, broker, environment, key, queue, task, terraform_module
from .recipe import PAGE, Recipe, Step, words

RECIPES = [each.RECIPE for each in (task, queue, environment, key, ansible_role, terraform_module, broker, alert)]
NOTICED = [
    pytest.param(recipe, step, id=f"{recipe.heading}, step {number}".replace(" ", "_"))
    for recipe in RECIPES
    for number, step in enumerate(recipe.steps, 1)
    if not step.unnoticed
]


def heading(recipe: Recipe) -> str:
    return recipe.heading.replace(" ", "_")


@pytest.mark.server
@pytest.mark.parametrize("recipe", RECIPES, ids=heading)
def test_it_passes_its_checks(checkout: Checkout, recipe: Recipe) -> None:
    for step in recipe.steps:
        step.do(checkout)

    for check in recipe.checks:
        checkout.run(*words(check), seconds=800, **recipe.variables)


@pytest.mark.server
@pytest.mark.parametrize(("recipe", "left_out"), NOTICED)
def test_a_check_says_which_step_was_left_out(checkout: Checkout, recipe: Recipe, left_out: Step) -> None:
    for step in recipe.steps:
        (step.instead if step is left_out else step.do)(checkout)

    ended = checkout.ended(*words(left_out.check))

    assert ended.returncode != 0
    assert re.search(left_out.missing, " ".join(ended.stdout.split())), ended.stdout


@pytest.mark.parametrize("recipe", RECIPES, ids=heading)
def test_the_page_has_these_steps_and_checks(recipe: Recipe) -> None:
    assert len(recipe.written_steps) == len(recipe.steps)
    for step in recipe.steps:
        # The check of a step is one of the page's, or that check narrowed to what is about the step.
        assert step.unnoticed or any(step.check.startswith(check.split()[0]) for check in recipe.checks)


def test_every_recipe_of_the_page_is_followed() -> None:
    written = re.findall(r"^### (.+)$", PAGE.read_text(), re.MULTILINE)

    assert written == [recipe.heading for recipe in RECIPES]
