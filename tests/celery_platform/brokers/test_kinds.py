"""A kind of broker is known everywhere it has to be: no layer asks for one that another layer does not have."""

import re
from collections.abc import Collection
from importlib import import_module

import pytest
from celery_platform.brokers.choice import KINDS
from celery_platform.dead_letters.reading import READERS
from celery_platform.environment.derived.egress import BROKER_PORTS
from celery_platform.environment.model import BrokerKind
from celery_platform.observability.exporter.run import SOURCES
from celery_platform.settings.placeholders import BROKERS

from tests.brokers.guarantees import BROKERS as CONTRACT
from tests.harness.servers import REPOSITORY


def found(file: str, pattern: str) -> set[str]:
    """The kinds that a file names in places of this form."""
    return set(re.findall(pattern, (REPOSITORY / file).read_text(), re.MULTILINE))


URLS = (REPOSITORY / "terraform" / "discovery.tf").read_text().partition("broker_url = {")[2]
PLACES: dict[str, Collection[str]] = {
    "KINDS in app/celery_platform/brokers/choice.py": KINDS,
    "READERS in app/celery_platform/dead_letters/reading.py": READERS,
    "SOURCES in app/celery_platform/observability/exporter/run.py": SOURCES,
    "BROKERS in app/celery_platform/settings/placeholders.py": BROKERS,
    "BROKER_PORTS in app/celery_platform/environment/derived/egress.py": BROKER_PORTS,
    "a module in terraform/broker.tf": found("terraform/broker.tf", r'count += local\.kind == "(\w+)"'),
    "broker_url in terraform/discovery.tf": re.findall(r"(\w+) += ", URLS.partition("\n  }")[0]),
    # Amazon MQ is a RabbitMQ 4 to its clients.
    "BROKERS in tests/brokers/guarantees.py": {"amazon_mq", *(name.partition("_")[0] for name in CONTRACT)},
    "the table of brokers in README.md": found("README.md", r"^\| `(\w+)` \|"),
}


@pytest.mark.parametrize("place", PLACES)
def test_every_kind_is_there_and_no_other(place: str) -> None:
    kinds = {str(kind) for kind in BrokerKind}

    assert kinds - set(PLACES[place]) == set(), f"missing from {place}"
    assert set(PLACES[place]) - kinds == set(), f"{place} has more than the model's BrokerKind"


@pytest.mark.parametrize("kind", KINDS)
def test_a_class_says_which_kind_it_is_and_gives_what_the_interface_asks(kind: str) -> None:
    assert KINDS[kind].kind == kind
    assert KINDS[kind].__abstractmethods__ == frozenset()


@pytest.mark.parametrize("source", sorted(set(SOURCES.values())))
def test_the_exporter_finds_the_source_of_each_kind(source: str) -> None:
    module, _, name = source.partition(":")

    assert callable(getattr(import_module(module), name))
