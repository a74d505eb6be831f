"""Level D: the console, a process and deletion costs as pods on real nodes, as people and the cluster reach them."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
import urllib3
from celery_platform.console.security.admissions import digest_of
from celery_platform.observability.deletion_costs.kubernetes import COST

from tests.harness.processes import free_port
from tests.harness.waiting import eventually

from ..live import kubectl, ran, started
from .release import CONSOLE, CONSOLE_IMAGE, PORT, WORKERS, Deployed

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(900)]


@dataclass
class Browser:
    """What a person has open: an address, and the cookies that it set."""

    base: str
    cookies: dict[str, str] = field(default_factory=dict)
    http: urllib3.PoolManager = field(default_factory=lambda: urllib3.PoolManager(retries=False))

    def get(self, path: str) -> urllib3.BaseHTTPResponse:
        answer = self.http.request("GET", self.base + path, headers=self.cookies, redirect=False, timeout=30)
        if cookie := answer.headers.get("Set-Cookie"):
            self.cookies = {"Cookie": cookie.partition(";")[0]}
        return answer

    def connects(self) -> bool:
        try:
            self.get("/health")
        except urllib3.exceptions.HTTPError:
            return False
        return True


@contextmanager
def forwarded(release: Deployed, service: str, port: object) -> Iterator[Browser]:
    """A browser at a port of this machine that kubectl forwards to a Service."""
    local = free_port()
    words = ("port-forward", f"service/{service}", f"{local}:{port}", f"--namespace={release.namespace}")
    with started("kubectl", *words):
        browser = Browser(f"http://127.0.0.1:{local}")
        eventually(browser.connects, f"a forwarded port of {service}", 60)
        yield browser


@pytest.fixture
def console(deployed: Deployed) -> Iterator[Browser]:
    """A browser at the console, whose port is forwarded as the chart's README says."""
    if not CONSOLE_IMAGE:
        pytest.skip("CLUSTER_CONSOLE_IMAGE names no image that the nodes have")
    with forwarded(deployed, "console", CONSOLE["port"]) as browser:
        yield browser


def test_the_console_shows_nothing_to_who_only_forwards_its_port(console: Browser) -> None:
    assert console.get("/health").status == 200
    assert console.get("/queues").status == 401
    assert console.get(f"/sign-in?token={secrets.token_hex(24)}").status == 401


def test_the_console_shows_the_queues_to_whom_kubectl_admits(deployed: Deployed, console: Browser) -> None:
    token = secrets.token_hex(24)
    admit = ("app", "console-admit", digest_of(token), "ann", "--admissions", "/run/celery/admissions")
    ran("kubectl", "exec", "deployment/console", f"--namespace={deployed.namespace}", "--", *admit)

    answer = console.get(f"/sign-in?token={token}")
    page = console.get("/queues")

    assert (answer.status, page.status) == (303, 200)
    assert "ann" in page.data.decode()
    assert "effects" in page.data.decode()
    log = ran("kubectl", "logs", "deployment/console", f"--namespace={deployed.namespace}").stdout
    assert digest_of(token) in log


def test_a_process_answers_at_its_service(deployed: Deployed) -> None:
    with forwarded(deployed, "process-web", PORT) as browser:
        answer = browser.get("/resolved.json")

    assert answer.status == 200
    assert answer.json()["prefix"] == deployed.values["prefix"]


def test_the_costs_of_workers_are_written_by_the_pod_that_may(deployed: Deployed) -> None:
    def costs() -> list[str]:
        return [one["metadata"]["annotations"].get(COST, "") for one in deployed.workers()]

    eventually(lambda: costs() == ["0"] * WORKERS, "the costs of idle workers", 60)
    accounts = kubectl("get", "pods", f"--namespace={deployed.namespace}")["items"]
    with_token = [
        one["spec"]["serviceAccountName"] for one in accounts
        if any("projected" in volume for volume in one["spec"]["volumes"])
    ]  # fmt: skip
    assert with_token == ["deletion-costs"]
