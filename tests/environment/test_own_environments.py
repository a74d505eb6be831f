"""All environments of this repository are rendered and complete, and their hosts have valid addresses."""

from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest
from celery_platform.environment import load, resolve
from celery_platform.environment.load import names
from celery_platform.environment.model import BrokerKind
from celery_platform.rendering import SCHEMA_FILE, stale

from tests.harness.servers import REPOSITORY

from .test_resolve import with_kind


@pytest.fixture(autouse=True)
def environments_of_this_repository(environments_for_tests: None, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001 - overridden here
    """Read environments/."""
    monkeypatch.delenv("ENVIRONMENTS")


@pytest.mark.parametrize("name", names())
def test_the_committed_files_match_their_source(name: str) -> None:
    assert stale([name]) == []


@pytest.mark.parametrize("name", names())
def test_every_host_has_its_own_address_inside_the_private_subnet_of_its_zone(name: str) -> None:
    resolved = with_kind(name, BrokerKind.RABBITMQ)
    hosts = resolved["rabbitmq_hosts"] | resolved["worker_hosts"] | resolved["monitoring_hosts"]

    addresses = [host["private_ip"] for host in hosts.values()]
    assert len(set(addresses)) == len(hosts) > 0
    for host in hosts.values():
        subnet = ip_network(resolved["network"]["zones"][host["zone"]]["private_cidr"])
        assert ip_address(host["private_ip"]) in subnet


@pytest.mark.parametrize("name", names())
def test_queue_names_fit_what_sqs_allows(name: str) -> None:
    for queue in resolve(load(name))["queues"].values():
        assert len(queue["dead_letter_name"]) <= 80


@pytest.mark.parametrize(
    "file",
    sorted(
        [*REPOSITORY.glob("environments/*/environment.yml"), *REPOSITORY.glob("tests/*/environments/*/environment.yml")]
    ),
    ids=lambda file: str(file.parent.relative_to(REPOSITORY)),
)
def test_editors_find_the_schema_of_every_environment_file(file: Path) -> None:
    schema = file.read_text().splitlines()[0].removeprefix("# yaml-language-server: $schema=")

    assert (file.parent / schema).resolve() == REPOSITORY / "environments" / SCHEMA_FILE
