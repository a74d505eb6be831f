"""A queue of the pool that the small application has."""

from tests.harness.checkout import APPLICATION, QUEUES, Checkout

from .recipe import Recipe, Step
from .task import render


def add_it(checkout: Checkout) -> None:
    checkout.describe("local", queues=QUEUES | {"parcels": {"pool": "io", "soft_time_limit_seconds": 60}})


def route_tasks_to_it(checkout: Checkout) -> None:
    routes = [{"tasks": "greetings.parcel*", "queue": "parcels"}, *APPLICATION["routes"]]
    checkout.describe("local", application=APPLICATION | {"routes": routes})


RECIPE = Recipe(
    "Add a queue",
    (
        Step(add_it, "make validate", r"'parcels'.*allowed: one of: greetings"),
        Step(route_tasks_to_it, unnoticed="a queue may be for calls that name it"),
        Step(render, "make validate", r"environments/local/resolved\.json.*make render"),
    ),
)
