"""The key `monitoring.scrape_seconds`, with what follows from it, a rule and their test."""

from tests.harness.checkout import Checkout

from .recipe import Recipe, Step
from .task import render

MODEL = "app/celery_platform/environment/model/monitoring.py"
DERIVED = "app/celery_platform/environment/derived/monitoring.py"
RULES = "app/celery_platform/environment/rules"
TEST = "tests/environment/test_scrapes.py"
FUZZER = "tests/environment/test_fuzz.py"
RULE = '''"""Rules about what is watched."""

from collections.abc import Iterator

from celery_platform.environment.errors import Problem
from celery_platform.environment.model import Environment


def a_wait_is_seen_in_time(env: Environment) -> Iterator[Problem]:
    """A wait shorter than the time between two scrapes is over before anybody can see it."""
    if env.monitoring.scrape_seconds > env.alerts.queue_wait_seconds:
        yield Problem("monitoring.scrape_seconds", str(env.monitoring.scrape_seconds), "at most queue_wait_seconds")


RULES = (a_wait_is_seen_in_time,)
'''
TESTS = '''"""How often workers are scraped."""

import pytest
from celery_platform.environment import EnvironmentFileError, load, resolve

from .conftest import Edit


def test_scrapes_an_hour_follow() -> None:
    assert resolve(load("prod"))["monitoring"]["scrapes_an_hour"] == 240


def test_a_wait_is_not_shorter_than_a_scrape(edit_prod: Edit) -> None:
    edit_prod("monitoring: {", "monitoring: {scrape_seconds: 301, ")

    with pytest.raises(EnvironmentFileError, match="at most queue_wait_seconds"):
        load("prod")
'''


def add_the_field(checkout: Checkout, description: str = "seconds between two scrapes of a worker") -> None:
    described = f', description="{description}"' if description else ""
    field = f"    scrape_seconds: int = Field(default=15, ge=5{described})\n"
    checkout.insert(MODEL, field, before="    retention_days: int")


def add_the_field_alone(checkout: Checkout) -> None:
    add_the_field(checkout, description="")


def derive(checkout: Checkout) -> None:
    derived = '        "scrapes_an_hour": 3600 // env.monitoring.scrape_seconds,\n'
    checkout.insert(DERIVED, derived, before='        "worker_port": WORKER_PORT,')


def write_the_rule(checkout: Checkout) -> None:
    (checkout.folder / RULES / "monitoring.py").write_text(RULE)
    for others in ("    network,\n    node_capacity,", "    network,\n    ranges,"):
        checkout.insert(f"{RULES}/__init__.py", "    monitoring,\n", before=others)


def write_its_tests(checkout: Checkout) -> None:
    (checkout.folder / TEST).write_text(TESTS)


def give_it_a_value(checkout: Checkout) -> None:
    spoilt = "tests/environment/environments/attached/environment.yml"
    checkout.insert(spoilt, "scrape_seconds: 20, ", after="monitoring: {")


RECIPE = Recipe(
    "Add a key to the environment file",
    (
        Step(
            add_the_field, "pytest tests/environment/test_descriptions.py",
            r"give the field a description.*Monitoring\.scrape_seconds", instead=add_the_field_alone,
        ),
        Step(derive, f"pytest {TEST}", r"KeyError: 'scrapes_an_hour'"),
        Step(write_the_rule, f"pytest {TEST}", r"DID NOT RAISE"),
        Step(
            write_its_tests, f"pytest tests/environment --ignore={FUZZER}",
            r"add a test that breaks it.*a_wait_is_seen_in_time",
        ),
        Step(give_it_a_value, f"pytest {FUZZER} -k occurs_in_a_mutated_file", r"give these a value in.*scrape_seconds"),
        Step(render, "app environment validate", r"resolved\.json.*make render"),
    ),
    {"FUZZ_MUTATIONS": "2000"},
)  # fmt: skip
