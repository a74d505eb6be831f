"""KeyDB, which speaks Redis's protocol: most of the new kind is what Redis has, and each layer has to say so."""

import re

from tests.harness.checkout import Checkout

from .recipe import Recipe, Step
from .task import render

PLATFORM = "app/celery_platform"
KINDS = "pytest tests/celery_platform/brokers/test_kinds.py"
CLASS = '''"""KeyDB, which speaks Redis's protocol."""

from celery_platform.brokers.redis.broker import RedisBroker


class KeyDBBroker(RedisBroker):
    """As Redis."""

    kind = "keydb"
'''
MODULE = """
module "keydb" {
  source = "./modules/elasticache"
  count  = local.kind == "keydb" ? 1 : 0
}
"""


def add_the_kind(checkout: Checkout) -> None:
    checkout.insert(f"{PLATFORM}/environment/model/broker.py", '    KEYDB = "keydb"\n', after='    REDIS = "redis"\n')


def write_the_class(checkout: Checkout) -> None:
    choice = f"{PLATFORM}/brokers/choice.py"
    (checkout.folder / PLATFORM / "brokers" / "keydb.py").write_text(CLASS)
    imported = "from celery_platform.brokers.keydb import KeyDBBroker\n"
    checkout.insert(choice, imported, before="from celery_platform.brokers.rabbitmq")
    checkout.insert(choice, ", KeyDBBroker", after="SqsBroker, RedisBroker")


def as_redis(checkout: Checkout, name: str, line: str) -> None:
    """Add a line of Redis's for KeyDB, too."""
    checkout.insert(name, line.replace('"redis"', '"keydb"').replace("REDIS", "KEYDB"), after=line)


def read_dead_letters(checkout: Checkout) -> None:
    as_redis(checkout, f"{PLATFORM}/dead_letters/reading.py", '    "redis": redis.open_queue,\n')


def ask_it(checkout: Checkout) -> None:
    source = "celery_platform.brokers.redis.source:valkey_source"
    as_redis(checkout, f"{PLATFORM}/observability/exporter/run.py", f'    "redis": "{source}",\n')


def give_a_placeholder(checkout: Checkout) -> None:
    as_redis(checkout, f"{PLATFORM}/settings/placeholders.py", '    "redis": f"rediss://{HOST}:6379/0",\n')


def open_its_ports(checkout: Checkout) -> None:
    ports = "    BrokerKind.REDIS: (VALKEY_PORT,),\n"
    as_redis(checkout, f"{PLATFORM}/environment/derived/egress.py", ports)


def make_it(checkout: Checkout) -> None:
    with (checkout.folder / "terraform" / "broker.tf").open("a") as broker:
        broker.write(MODULE)
    url = '    keydb     = local.kind == "keydb" ? "${module.keydb[0].url}/0" : null\n'
    checkout.insert("terraform/discovery.tf", url, after="  broker_url = {\n")


def add_a_column(checkout: Checkout) -> None:
    columns = 'BROKERS = ("rabbitmq_4_quorum", "rabbitmq_3_mirrored", "sqs", "redis"'
    checkout.insert("tests/brokers/guarantees.py", ', "keydb"', after=columns)


def add_a_row(checkout: Checkout) -> None:
    row = "| `redis` | a Valkey replication group of its own | lists | a Valkey of its own |\n"
    checkout.insert("README.md", row.replace("redis", "keydb"), after=row)


def missing(place: str) -> str:
    return re.escape(f"missing from {place}")


RECIPE = Recipe(
    "Add a broker",
    (
        Step(add_the_kind, KINDS, r"BrokerKind\.KEYDB.*AttributeError: KEYDB"),
        Step(write_the_class, KINDS, missing(f"KINDS in {PLATFORM}/brokers/choice.py")),
        Step(read_dead_letters, KINDS, missing(f"READERS in {PLATFORM}/dead_letters/reading.py")),
        Step(ask_it, KINDS, missing(f"SOURCES in {PLATFORM}/observability/exporter/run.py")),
        Step(give_a_placeholder, KINDS, missing(f"BROKERS in {PLATFORM}/settings/placeholders.py")),
        Step(open_its_ports, KINDS, missing(f"BROKER_PORTS in {PLATFORM}/environment/derived/egress.py")),
        Step(make_it, KINDS, missing("a module in terraform/broker.tf")),
        Step(add_a_column, KINDS, missing("BROKERS in tests/brokers/guarantees.py")),
        Step(add_a_row, KINDS, missing("the table of brokers in README.md")),
        Step(lambda _: None, unnoticed="only who knows the broker can say what its time, secrets and backlog are"),
        Step(render, "app environment validate", r"environment\.schema\.json.*make render"),
    ),
)
