"""Another environment, like dev."""

import shutil

from tests.harness.checkout import Checkout

from .recipe import Recipe, Step
from .task import render


def copy_a_folder(checkout: Checkout) -> None:
    shutil.copytree(checkout.folder / "environments" / "dev", checkout.folder / "environments" / "qa")


def change_its_name(checkout: Checkout) -> None:
    checkout.edit("environments/qa/environment.yml", "name: dev\n", "name: qa\n")


RECIPE = Recipe(
    "Add an environment",
    (
        Step(copy_a_folder, unnoticed="it is what is added"),
        Step(change_its_name, "app environment validate", r"environments/qa/environment\.yml.*name.*'dev'.*qa"),
        Step(render, "app environment validate", r"environments/qa/resolved\.json.*make render"),
    ),
)
