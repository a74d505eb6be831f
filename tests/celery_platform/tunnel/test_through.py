"""Connections of a process that go through a tunnel: whoever asks for the server's own address gets the local port."""

import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from celery_platform.observability.status.workers import ask_workers
from celery_platform.settings.tunnelled import Forwarded, connect_through, forwarded, local_url, only_tunnel, record

pytestmark = pytest.mark.server
SERVED = b'celery_worker_concurrency{pool="cpu"} 4.0\n'


class _Worker(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(SERVED)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Where a worker serves its metrics, behind the tunnel."""
    monkeypatch.setattr(socket, "getaddrinfo", socket.getaddrinfo)  # and put it back afterwards
    server = HTTPServer(("127.0.0.1", 0), _Worker)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()


def test_workers_are_polled_at_their_own_addresses(port: int) -> None:
    connect_through([Forwarded("workers", "10.40.128.40", 9540, port)])

    assert ask_workers(["10.40.128.40:9540"]).answered == 1


@pytest.mark.parametrize("asked", [("10.40.128.41", 9540), ("10.40.128.40", 9541)], ids=["a host", "a port"])
def test_other_addresses_are_where_they_are(port: int, asked: tuple[str, int]) -> None:
    connect_through([Forwarded("workers", "10.40.128.40", 9540, port)])

    assert socket.getaddrinfo(*asked)[0][4] == asked


@pytest.mark.parametrize("host", ["Cache.Example.com", b"cache.example.com"])
def test_a_name_is_the_same_however_it_is_written(port: int, host: str | bytes) -> None:
    connect_through([Forwarded("results", "cache.example.COM", 6379, port)])

    assert socket.getaddrinfo(host, "6379")[0][4] == ("127.0.0.1", port)


def test_what_a_tunnel_forwards_is_known_while_it_runs(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATE_FOLDER", str(tmp_path))
    prometheus = Forwarded("prometheus", "127.0.0.1", 9090, 40002)
    with only_tunnel("prod"):
        record("prod", [prometheus])

        assert forwarded("prod") == [prometheus]
        assert local_url("prod", "prometheus") == "http://127.0.0.1:40002"
        assert local_url("prod", "alertmanager") == ""
        assert forwarded("staging") == []

    assert forwarded("prod") == []


@pytest.fixture
def killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tunnel to production that was killed, and what it has recorded."""
    monkeypatch.setenv("STATE_FOLDER", str(tmp_path))
    (tmp_path / "prod").mkdir()
    (tmp_path / "prod" / "tunnel.lock").touch()
    recorded = {"label": "broker", "host": "10.0.0.1", "port": 5671, "local": 40001}
    (tmp_path / "prod" / "tunnel.json").write_text(json.dumps([recorded]))


@pytest.mark.usefixtures("killed")
def test_what_a_killed_tunnel_has_recorded_counts_for_nothing() -> None:
    assert forwarded("prod") == []


@pytest.mark.usefixtures("killed")
def test_a_tunnel_that_is_being_opened_does_not_answer_for_a_killed_one() -> None:
    with only_tunnel("prod"):
        assert forwarded("prod") == []
