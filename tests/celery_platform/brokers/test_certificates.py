"""The exporter tells when the certificates of the broker's nodes expire."""

import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trustme
import yaml
from celery_platform.brokers.rabbitmq import certificates
from celery_platform.brokers.rabbitmq.certificates import Certificates
from celery_platform.environment import resolve
from celery_platform.observability.alerts.broker import RENEWAL_DAYS
from celery_platform.observability.exporter.last_poll import LastPoll, LastPollCollector
from celery_platform.observability.exporter.reading import Reading
from celery_platform.settings.resolved import read
from prometheus_client import CollectorRegistry

from tests.harness.environment import PROD, described
from tests.harness.servers import REPOSITORY

EXPIRES = datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC)


@contextmanager
def _node(authority: trustme.CA) -> Iterator[str]:
    """Something that speaks TLS with a certificate of this authority, as a node does. Yields its URL."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1", not_after=EXPIRES).configure_cert(context)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    try:
                        context.wrap_socket(connection, server_side=True).close()
                    except OSError:
                        continue

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield f"https://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def _pem(authority: trustme.CA) -> str:
    return authority.cert_pem.bytes().decode()


def test_the_end_of_a_nodes_certificate_is_told() -> None:
    authority = trustme.CA()
    with _node(authority) as url:
        assert Certificates([url], _pem(authority)).expiries() == {"127.0.0.1": EXPIRES.timestamp()}


def test_a_certificate_of_another_authority_is_not_believed() -> None:
    with _node(trustme.CA()) as url:
        assert Certificates([url], _pem(trustme.CA())).expiries() == {}


def test_a_node_that_is_away_keeps_its_last_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(certificates, "ASKED_EVERY_SECONDS", 0)
    authority = trustme.CA()
    with _node(authority) as url:
        asked = Certificates([url], _pem(authority))
        asked.expiries()

    assert asked.expiries() == {"127.0.0.1": EXPIRES.timestamp()}


def test_nodes_without_tls_are_not_asked() -> None:
    assert Certificates(["http://127.0.0.1:9"]).expiries() == {}


def test_the_alert_begins_when_the_role_renews() -> None:
    defaults = yaml.safe_load((REPOSITORY / "ansible/roles/rabbitmq/defaults/main.yml").read_text())

    assert defaults["rabbitmq_certificate_renewal_days"] == RENEWAL_DAYS


def test_a_scrape_has_the_end_of_each_certificate(tmp_path: Path) -> None:
    file = tmp_path / "resolved.json"
    file.write_text(json.dumps(resolve(described(PROD))))
    last_poll = LastPoll(read(file), interval_seconds=10)
    last_poll.remember(Reading({}, {}, {"10.0.0.1": 5.0}), 0.1)
    registry = CollectorRegistry()
    registry.register(LastPollCollector(last_poll))

    labels = {"address": "10.0.0.1"}
    assert registry.get_sample_value("celery_broker_certificate_expiry_timestamp_seconds", labels) == 5.0
