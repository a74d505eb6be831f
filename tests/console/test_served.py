"""`app console` starts, prints its address once, and refuses what is not safe."""

import socket
from pathlib import Path

import httpx2

from tests.harness.environment import TestEnvironment

from .served import served


def test_the_address_that_it_prints_opens_it_once(plain_redis: TestEnvironment, tmp_path: Path) -> None:
    with served(plain_redis, tmp_path) as console, httpx2.Client(follow_redirects=True) as client:
        first = client.get(console.sign_in)
        page = client.get(f"{console.base}/queues")
        again = httpx2.get(console.sign_in)
        health = httpx2.get(f"{console.base}/health")
        token = console.sign_in.partition("=")[2]
        log = console.log.read_text()

    assert (first.status_code, page.status_code, again.status_code, health.status_code) == (200, 200, 401, 200)
    assert "server" not in first.headers
    assert log.count(token) == 1, "the token is printed once, and no log of requests has it"


def test_it_refuses_other_addresses_than_loopback_and_says_what_to_do(plain_redis: TestEnvironment) -> None:
    refused = plain_redis.app("console", "--address", "0.0.0.0")  # noqa: S104 - refused
    other = plain_redis.app("console", "--address", "0.0.0.0", "--behind-load-balancer", "arn:aws:iam::1:role/x")  # noqa: S104

    assert (refused.returncode, other.returncode) == (2, 2)
    assert "--behind-load-balancer" in refused.stdout
    assert "Application Load Balancer" in other.stdout
    assert "Traceback" not in refused.stdout + other.stdout


def test_where_its_port_is_taken_it_prints_no_token(plain_redis: TestEnvironment) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        refused = plain_redis.app("console", "--port", str(taken.getsockname()[1]))

    assert refused.returncode == 2
    assert "--port" in refused.stdout
    assert "token" not in refused.stdout


def test_it_refuses_actions_that_it_could_not_write_down(plain_redis: TestEnvironment, tmp_path: Path) -> None:
    refused = plain_redis.app("console", "--allow-actions", "--audit-log", str(tmp_path / "none" / "audit.jsonl"))

    assert refused.returncode == 2
    assert "--audit-log" in refused.stdout
