"""A kind of broker that was added as the recipe says works: with an entry, a folder, and nothing else in Python."""

import json

import pytest

from tests.harness.checkout import Checkout

from .broker import add_a_column, add_the_kind, make_the_folder
from .recipe import words
from .task import render

pytestmark = pytest.mark.server
SOURCES = """
from pathlib import Path
from celery_platform.brokers import source_of
from celery_platform.settings import read
from celery_platform.settings.placeholders import without_account
file = Path("environments/local/resolved.json")
print(type(source_of(without_account(read(file)))).__module__)
"""


@pytest.fixture
def keydb(checkout: Checkout) -> Checkout:
    """The copy with a fifth kind, which the local environment uses."""
    for step in (add_the_kind, make_the_folder, add_a_column):
        step(checkout)
    checkout.describe("local", broker={"kind": "keydb"})
    render(checkout)
    return checkout


def test_an_environment_file_with_it_is_valid_and_resolved(keydb: Checkout) -> None:
    said = keydb.run("app", "environment", "validate", "local")
    resolved = json.loads((keydb.folder / "environments" / "local" / "resolved.json").read_text())

    assert "broker keydb" in said
    assert resolved["broker"]["kind"] == "keydb"
    assert resolved["egress"]["broker"]["ports"] == [6379]
    assert "broker_password" not in resolved["secrets"]


def test_the_exporter_polls_it(keydb: Checkout) -> None:
    assert keydb.run("python", "-c", SOURCES).strip() == "celery_platform.brokers.keydb.source"


def test_a_worker_runs_tasks_and_dead_letters_failures_on_it(keydb: Checkout) -> None:
    """Two of the guarantees that `make test-brokers` tries, on a Valkey."""
    guarantees = ("tests/brokers/test_delivery.py", "tests/brokers/test_failure.py", "-m", "short", "-k", "keydb")

    ran = keydb.run(*words("pytest"), *guarantees, seconds=400)

    assert "2 passed" in ran


def test_the_entry_and_the_folder_are_all_that_it_needs_in_the_platform(keydb: Checkout) -> None:
    changed = keydb.run("git", "status", "--porcelain", "app/celery_platform").splitlines()

    assert [line[3:] for line in changed] == [
        "app/celery_platform/broker_kinds.py",
        "app/celery_platform/brokers/keydb/",
    ]
