"""The brokers that the contract is tried on, each made once, and the table of what they kept."""

import json
import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.harness import servers
from tests.harness.environment import Application, Servers, prepare
from tests.harness.fixtures import application, aws_endpoint, folder, plain_results, valkey_port
from tests.harness.refusing_proxy import refusing_proxy

from . import cluster, table
from .contract import HARD_LIMIT_SECONDS, MAX_COUNTDOWN, MAX_DELIVERIES, QUEUE, VISIBILITY_SECONDS, Away, Contract
from .guarantees import BROKERS, KINDS
from .outage import RestartedStore, refused

__all__ = ["application", "aws_endpoint", "folder", "plain_results", "valkey_port"]

# In `make test` the brokers that need no containers; `make test-brokers` tries all.
SHORT = ("sqs", "redis")
STORES = {"redis": servers.redis_program, "valkey_9": servers.valkey_program}
PRIORITIES = {QUEUE: {"priorities": 2}}


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(table.Outcomes(), "broker-contract")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """By broker, so that one is up at a time; without BROKERS=1, a short part."""
    if os.environ.get("BROKERS"):
        return
    reason = "minutes, and containers: `make test-brokers` runs the whole contract"
    for item in items:
        if "tests/brokers/" not in str(item.path):
            continue
        broker = getattr(item, "callspec", None) and item.callspec.params.get("contract")  # type: ignore[attr-defined]
        if broker not in (*SHORT, None) or not item.get_closest_marker("short"):
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session", params=BROKERS)
def contract(
    request: pytest.FixtureRequest,
    folder: Path,
    aws_endpoint: str,
    plain_results: str,
    application: Application,
) -> Iterator[Contract]:
    """Each broker in turn, with a time budget short enough to wait for."""
    name: str = request.param
    pool = os.environ.get("POOL", "prefork")
    mine = folder / name
    mine.mkdir()

    def made(url: str, secrets: dict[str, str], away: Away, nodes: cluster.Cluster | None = None) -> Contract:
        known = Servers(aws_endpoint, url, plain_results, application, secrets)
        return Contract(name, prepare(KINDS[name], mine, known, name, _short_budget, PRIORITIES), pool, away, nodes)

    if name == "sqs":
        with refusing_proxy(aws_endpoint) as (endpoint, refusals):
            found = made("sqs://", {}, partial(refused, refusals))
            found.environment.variables["AWS_ENDPOINT_URL"] = endpoint
            yield found
    elif name in STORES:
        store = RestartedStore(mine, STORES[name]())
        with store.up():
            yield made(f"redis://127.0.0.1:{store.port}/0", {}, store.away)
    else:
        with cluster.cluster(name.split("_")[1], mine / "nodes") as nodes:
            yield made(nodes.url, {"broker_password": cluster.PASSWORD}, nodes.away, nodes)


def _short_budget(resolved: dict[str, object], name: str) -> None:
    """What `resolve` would derive, had the environment's tasks a few seconds only."""
    data = json.loads(json.dumps(resolved))
    for queue in data["queues"].values():
        queue["max_deliveries"] = MAX_DELIVERIES
        queue["time_budget"] |= {
            "soft_time_limit": HARD_LIMIT_SECONDS - 2, "hard_time_limit": HARD_LIMIT_SECONDS,
            "max_countdown": MAX_COUNTDOWN, "visibility_timeout": VISIBILITY_SECONDS,
        }  # fmt: skip
    data["broker"] |= {"visibility_timeout_seconds": VISIBILITY_SECONDS}
    if name.startswith("rabbitmq"):
        data["broker"] |= {"user": cluster.USER, "virtual_host": "/"}
        data["broker"]["rabbitmq"]["replication"] = "mirrored" if name.endswith("mirrored") else "quorum"
    resolved.update(data)
