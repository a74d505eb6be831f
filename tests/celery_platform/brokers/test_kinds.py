"""A kind of broker is known everywhere it has to be, and nowhere else: no layer has one that another does not."""

import re
import subprocess
import sys
from collections.abc import Collection

import pytest
from celery_platform.broker_kinds import BrokerKind
from celery_platform.brokers.choice import kind_of
from celery_platform.brokers.kind import Kind

from tests.brokers.guarantees import BROKERS as COLUMNS
from tests.brokers.guarantees import KINDS as OF_COLUMNS
from tests.harness.servers import REPOSITORY

REGISTRY = "BrokerKind in app/celery_platform/broker_kinds.py"
BROKERS = REPOSITORY / "app" / "celery_platform" / "brokers"
LIGHT = """
import sys
from celery_platform.brokers.choice import kind_of
from celery_platform.broker_kinds import BrokerKind
for kind in BrokerKind:
    kind_of(kind)
print(*{"celery", "kombu", "boto3", "pydantic"} & sys.modules.keys())
"""


def found(file: str, pattern: str) -> set[str]:
    """The kinds that a file names in places of this form."""
    return set(re.findall(pattern, (REPOSITORY / file).read_text(), re.MULTILINE))


def folders() -> set[str]:
    """The folders of `brokers/` that bring a kind."""
    return {file.parent.name for file in BROKERS.glob("*/__init__.py") if "\nKIND = " in file.read_text()}


URLS = (REPOSITORY / "terraform" / "discovery.tf").read_text().partition("broker_url = {")[2]
PLACES: dict[str, Collection[str]] = {
    "the folders of app/celery_platform/brokers": folders(),
    "a module in terraform/broker.tf": found("terraform/broker.tf", r'count += local\.kind == "(\w+)"'),
    "broker_url in terraform/discovery.tf": re.findall(r"(\w+) += ", URLS.partition("\n  }")[0]),
    # Amazon MQ is a RabbitMQ 4 to its clients.
    "BROKERS in tests/brokers/guarantees.py": {"amazon_mq", *(OF_COLUMNS[column] for column in COLUMNS)},
    "the table of brokers in README.md": found("README.md", r"^\| `(\w+)` \|"),
}


@pytest.mark.parametrize("place", PLACES)
def test_every_kind_is_there_and_no_other(place: str) -> None:
    kinds = {str(kind) for kind in BrokerKind}

    assert kinds - set(PLACES[place]) == set(), f"missing from {place}"
    assert set(PLACES[place]) - kinds == set(), f"{place} has more than {REGISTRY}"


@pytest.mark.parametrize("name", BrokerKind)
def test_its_folder_brings_all_that_the_interface_asks(name: BrokerKind) -> None:
    kind = kind_of(name)

    assert isinstance(kind, Kind)
    assert kind.transports(), "kombu's own transports are not guarded"


def test_no_folder_loads_celery_or_kombu_before_its_broker_is_asked_for() -> None:
    """The exporter loads one of them, and would keep both in memory as long as it runs."""
    ran = subprocess.run([sys.executable, "-c", LIGHT], capture_output=True, text=True, check=True)

    assert ran.stdout.split() == []
