"""A real Prometheus and Alertmanager on loopback, with the rules of an environment."""

import json
import os
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.harness.processes import find_program, free_port, running, wait_for_port
from tests.harness.waiting import eventually

SCRAPE_SECONDS = 2
NOBODY = {"route": {"receiver": "nobody", "group_wait": "1s"}, "receivers": [{"name": "nobody"}]}


@dataclass(frozen=True)
class Monitoring:
    """The URLs of Prometheus and Alertmanager, and queries to them."""

    prometheus: str
    alertmanager: str

    def query(self, expression: str) -> list[dict[str, Any]]:
        """The series of an instant query."""
        return list(self._get(self.prometheus, "/api/v1/query", query=expression)["data"]["result"])

    def range(self, expression: str, start: float, end: float, step: float) -> list[dict[str, Any]]:
        """The series of a query over time."""
        answer = self._get(self.prometheus, "/api/v1/query_range", query=expression, start=start, end=end, step=step)
        return list(answer["data"]["result"])

    def firing(self) -> set[str]:
        """The alerts that Alertmanager has received and that are not resolved."""
        return {alert["labels"]["alertname"] for alert in self._get(self.alertmanager, "/api/v2/alerts")}

    def ready(self) -> bool:
        """Whether Prometheus answers queries, which it does only some time after it listens."""
        try:
            urllib.request.urlopen(f"{self.prometheus}/-/ready", timeout=10).close()  # noqa: S310 - loopback
        except urllib.error.HTTPError:
            return False
        return True

    def _get(self, base: str, path: str, **parameters: Any) -> Any:
        url = f"{base}{path}?{urllib.parse.urlencode(parameters)}"
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - loopback
            return json.load(answer)


@contextmanager
def monitoring(
    folder: Path, rules: Path, workers: list[str], exporters: list[str], notifying: Mapping[str, Any] = NOBODY
) -> Iterator[Monitoring]:
    """Start both. The scrape configuration is that of the role `monitoring`, with an interval of two seconds.

    `notifying` is Alertmanager's configuration.
    """
    port, alert_port = free_port(), free_port()
    (folder / "alertmanager.yml").write_text(yaml.safe_dump(dict(notifying)))
    (folder / "prometheus.yml").write_text(
        yaml.safe_dump(
            {
                "global": {
                    "scrape_interval": f"{SCRAPE_SECONDS}s",
                    "scrape_timeout": f"{SCRAPE_SECONDS}s",
                    "evaluation_interval": f"{SCRAPE_SECONDS}s",
                    "external_labels": {"environment": "test"},
                },
                "rule_files": [str(rules)],
                "alerting": {"alertmanagers": [{"static_configs": [{"targets": [f"127.0.0.1:{alert_port}"]}]}]},
                "scrape_configs": [
                    {"job_name": "celery-worker", "static_configs": [{"targets": workers}]},
                    {"job_name": "celery-exporter", "static_configs": [{"targets": exporters}]},
                ],
            }
        )
    )
    alertmanager = [
        find_program("prometheus-alertmanager", "prometheus-alertmanager"),
        f"--config.file={folder / 'alertmanager.yml'}", f"--storage.path={folder / 'alertmanager'}",
        f"--web.listen-address=127.0.0.1:{alert_port}", "--cluster.listen-address=",
    ]  # fmt: skip
    prometheus = [
        find_program("prometheus", "prometheus"),
        f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'prometheus'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]  # fmt: skip
    variables = dict(os.environ)
    with (
        running(alertmanager, folder / "alertmanager.log", variables) as alerting,
        running(prometheus, folder / "prometheus.log", variables) as collecting,
    ):
        wait_for_port(alert_port, alerting, folder / "alertmanager.log")
        wait_for_port(port, collecting, folder / "prometheus.log")
        made = Monitoring(f"http://127.0.0.1:{port}", f"http://127.0.0.1:{alert_port}")
        eventually(made.ready, "Prometheus to have read its folder", 60)
        yield made
