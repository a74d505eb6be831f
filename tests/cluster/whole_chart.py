"""Production with all that an environment file makes of the chart: no environment of the repository has it at once."""

from functools import cache

import yaml
from celery_platform.environment import resolve
from celery_platform.environment.load import parse

from tests.chart.rendered import RELEASE_COMMAND, Rendered, render_resolved
from tests.harness.environment import PROD

SECTIONS = """
processes:
  web:
    runs_on: eks
    command: [gunicorn, "$HOME", mysite.wsgi]
    port: 8000
    health_path: /healthz
    replicas: 3
    calls: [ledger]
    secrets: {SIGNING_KEY: {name: signing_key, as: file}}
  stream: {runs_on: eks, command: [python, -m, stream], port: 9000}
  feed: {runs_on: eks, command: [python, -m, feed], cpu: 0.25, memory_mib: 300}
outbox: {runs_on: eks, calls: [database]}
console: {runs_on: eks}
traces: {endpoint: "http://collector.observability:4318", ratio: 0.1}
timeline: {attempts: 20000}
"""
WINDOWS = """
office: {start: "45 7 * * 1-5", end: "0 18 * * 1-5", min: 3, timezone: Europe/Berlin}
month_end: {start: "0 20 28 * *", end: "0 6 1 * *", min: 4}
"""
POOL = """
runs_on: eks
type: prefork
concurrency: 2
min: 0
max: 4
instance_type: m7i.large
cpu: 1
memory_mib: 1024
"""


@cache
def whole_chart(autoscaler: str) -> Rendered:
    """The chart. The pool `io` is scaled on waiting time, `cpu` on the length of its queues from no worker at all.

    With KEDA, both have windows, which an HPA does not know.
    """
    file = yaml.safe_load(PROD.read_text()) | yaml.safe_load(SECTIONS)
    file["autoscaler"] = autoscaler
    file["application"] |= {"release": list(RELEASE_COMMAND), "secrets": {"CELERY_DATABASE_URL": "database_url"}}
    keda = autoscaler == "keda"
    file["pools"]["io"]["scale_on"] = "wait"
    file["pools"]["cpu"] = yaml.safe_load(POOL) | {"min": 0 if keda else 1}
    if keda:
        for pool in file["pools"].values():
            pool["windows"] = yaml.safe_load(WINDOWS)
    model = parse(yaml.safe_dump(file).encode(), PROD)
    return render_resolved(resolve(model), model.broker.kind)
