"""A task of the small application, which no route of it matches."""

from tests.harness.checkout import APPLICATION, PACKAGE, Checkout

from .recipe import Recipe, Step, words

FUNCTION = '''

@celery.task(name="farewells.say")
def say(name: str) -> str:
    """Take leave of somebody."""
    return f"Goodbye, {name}!"
'''


def write_the_function(checkout: Checkout) -> None:
    with (checkout.folder / PACKAGE / "greetings.py").open("a") as module:
        module.write(FUNCTION)


def add_a_pattern(checkout: Checkout) -> None:
    routes = [*APPLICATION["routes"], {"tasks": "farewells.*", "queue": "greetings"}]
    checkout.describe("local", application=APPLICATION | {"routes": routes})


def render(checkout: Checkout) -> None:
    """Where a step was left out, this may refuse to; the check says why."""
    checkout.ended(*words("make render"))


RECIPE = Recipe(
    "Add a task",
    (
        Step(write_the_function, unnoticed="it is what is added, and a route may be there before its first task"),
        Step(add_a_pattern, "make application", r"farewells\.say.*route"),
        Step(render, "make validate", r"environments/local/resolved\.json.*make render"),
    ),
)
