"""The dead man's switch, with the role's configuration, a real Prometheus and a real Alertmanager."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from threading import Thread

import pytest
from celery_platform.environment.resolve import resolve
from celery_platform.observability.alerts.render import to_text

from tests.ansible.written_template import as_written
from tests.harness.environment import LOCAL, described
from tests.harness.waiting import eventually

from .harness.prometheus import monitoring

pytestmark = [pytest.mark.observability, pytest.mark.timeout(600)]


@contextmanager
def waiting_service() -> Iterator[tuple[str, list[tuple[float, list[str]]]]]:
    """A service that waits for calls: its URL, and when each came with the names of its alerts."""
    calls: list[tuple[float, list[str]]] = []

    class Call(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            calls.append((time.monotonic(), [alert["labels"]["alertname"] for alert in sent["alerts"]]))
            self.send_response(200)
            self.end_headers()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Call)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/alive", calls
    finally:
        server.shutdown()
        server.server_close()


def test_the_switch_is_called_each_minute_with_nothing_but_the_alert_that_always_fires(tmp_path: Path) -> None:
    resolved = resolve(described(LOCAL))
    resolved["alerts"]["dead_man_switch"] = True
    (tmp_path / "rules.yml").write_text(to_text(resolved))
    with waiting_service() as (url, calls):
        variables = {"monitoring_environment": "local", "monitoring_notify": "oncall@example.com",
                     "monitoring_smtp_host": "127.0.0.1", "monitoring_smtp_port": 9,
                     "monitoring_dead_man_switch_url": url, "ansible_managed": "test"}  # fmt: skip
        written = as_written(tmp_path, "monitoring", "alertmanager.yml.j2", variables)
        with monitoring(tmp_path, tmp_path / "rules.yml", [], [], written):
            eventually(lambda: len(calls) >= 3, "three calls", 300)
    apart = [later - earlier for (earlier, _), (later, _) in pairwise(calls)]

    assert {name for _, names in calls for name in names} == {"CeleryDeadManSwitch"}
    assert all(50 < seconds < 90 for seconds in apart), apart
