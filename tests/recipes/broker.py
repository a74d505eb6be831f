"""KeyDB, which speaks Redis's protocol: its folder is a copy of Redis's, under its own name."""

import re
import shutil

from tests.harness.checkout import Checkout

from .recipe import Recipe, Step
from .task import render

PLATFORM = "app/celery_platform"
KINDS = "pytest tests/celery_platform/brokers/test_kinds.py"
ENTRY = """    KEYDB = ("keydb", Facts(placeholder_url="redis://{host}:6379/0", ports=(6379,), visibility_timeout=True))
"""
MODULE = """
module "keydb" {
  source = "./modules/elasticache"
  count  = local.kind == "keydb" ? 1 : 0
}
"""


def add_the_kind(checkout: Checkout) -> None:
    checkout.insert(f"{PLATFORM}/broker_kinds.py", ENTRY, before="    REDIS = (\n")


def make_the_folder(checkout: Checkout) -> None:
    brokers = checkout.folder / PLATFORM / "brokers"
    shutil.copytree(brokers / "redis", brokers / "keydb", ignore=shutil.ignore_patterns("__pycache__"))
    for file in (brokers / "keydb").glob("*.py"):
        file.write_text(file.read_text().replace("celery_platform.brokers.redis", "celery_platform.brokers.keydb"))


def make_it(checkout: Checkout) -> None:
    with (checkout.folder / "terraform" / "broker.tf").open("a") as broker:
        broker.write(MODULE)
    url = '    keydb     = local.kind == "keydb" ? "${module.keydb[0].url}/0" : null\n'
    checkout.insert("terraform/discovery.tf", url, after="  broker_url = {\n")


def add_a_column(checkout: Checkout) -> None:
    columns, start = "tests/brokers/guarantees.py", "tests/brokers/conftest.py"
    checkout.insert(columns, ', "keydb"', after='"sqs", "redis", "valkey_9"')
    checkout.insert(columns, '"keydb": "keydb", ', before='"redis": "redis", "valkey_9": "redis",')
    checkout.insert(columns, '"keydb": "KeyDB", ', before='"sqs": "SQS", "redis": "Redis 7"')
    checkout.insert(start, ', "keydb"', after='SHORT = ("sqs", "redis"')
    checkout.insert(start, ', "keydb": servers.valkey_program', after='"valkey_9": servers.valkey_program')


def add_a_row(checkout: Checkout) -> None:
    row = "| `redis` | a Valkey replication group of its own | lists | a Valkey of its own |\n"
    checkout.insert("README.md", row.replace("redis", "keydb"), after=row)


def missing(place: str) -> str:
    return re.escape(f"missing from {place}")


RECIPE = Recipe(
    "Add a broker",
    (
        Step(add_the_kind, KINDS, re.escape(f"has more than BrokerKind in {PLATFORM}/broker_kinds.py")),
        Step(make_the_folder, KINDS, missing(f"the folders of {PLATFORM}/brokers")),
        Step(make_it, KINDS, missing("a module in terraform/broker.tf")),
        Step(add_a_column, KINDS, missing("BROKERS in tests/brokers/guarantees.py")),
        Step(add_a_row, KINDS, missing("the table of brokers in README.md")),
        Step(render, "app environment validate", r"environment\.schema\.json.*make render"),
    ),
)
