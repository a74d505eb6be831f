"""Who may see a console on loopback: whoever has the token that it printed, once."""

from pathlib import Path

import pytest
from celery_platform.console.security import loopback
from celery_platform.console.security.loopback import LoopbackAuthentication
from celery_platform.console.serve import Options, authentication_of
from celery_platform.errors import SettingsError

from tests.harness.environment import TestEnvironment

from .conftest import Opened, opened
from .inside import inside

PAGES = ("/", "/failures", "/failures/causes/a1", "/failures/message", "/replay", "/queues", "/queues/quick",
         "/workers", "/schedule", "/replays/a1", "/nothing")  # fmt: skip


@pytest.mark.parametrize("page", PAGES)
def test_a_stranger_sees_no_page(console: Opened, page: str) -> None:
    answer = console.stranger.get(page)

    assert answer.status_code == 401
    assert "local" not in answer.text
    assert "Open the address that `app console` printed" in answer.text


@pytest.mark.parametrize(("method", "page", "status"), [
    ("GET", "/static/nothing", 404), ("POST", "/sign-in", 405), ("DELETE", "/health", 405),
])  # fmt: skip
def test_an_error_on_an_open_path_says_nothing_about_the_environment(
    console: Opened, method: str, page: str, status: int
) -> None:
    answer = console.stranger.request(method, page)

    assert answer.status_code == status
    assert "local" not in answer.text
    assert "redis" not in answer.text


@pytest.mark.parametrize("page", ["/replay", "/replays/a1/stop", "/queues/quick/pause"])
def test_a_stranger_does_nothing(acting: Opened, page: str) -> None:
    assert acting.stranger.post(page, data={"csrf": ""}).status_code == 401


def test_the_token_opens_one_session_and_is_worth_nothing_afterwards() -> None:
    authentication = LoopbackAuthentication(1)
    token = authentication.token

    assert authentication.open_session("guess") is None
    assert authentication.open_session(token)
    assert authentication.open_session(token) is None
    assert authentication.open_session("") is None


@pytest.mark.parametrize(("seconds", "status"), [(60, 200), (-1, 401)], ids=["before its end", "after its end"])
def test_a_session_ends(
    plain_redis: TestEnvironment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: int, status: int
) -> None:
    monkeypatch.setattr(loopback, "SESSION_SECONDS", seconds)  # nobody waits for twelve hours
    with inside(plain_redis):
        console = opened(Options(audit_log=tmp_path / "audit"))

        assert console.client.get("/queues").status_code == status


def test_the_cookie_is_kept_from_scripts_and_other_sites(console: Opened) -> None:
    cookie = console.signed_in.headers["set-cookie"]

    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(cookie.split("; "))
    assert cookie.startswith("console_8321=")
    assert console.signed_in.headers["location"] == "/"


@pytest.mark.parametrize("value", ["", "guess", "a" * 10_000, "é", '"><script>', "0" * 64])
def test_a_forged_cookie_opens_nothing(console: Opened, value: str) -> None:
    answer = console.stranger.get("/", headers={b"cookie": f"console_8321={value}".encode()})

    assert answer.status_code == 401


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1:1", "localhost.evil.example:8321", ""])
def test_another_name_than_loopbacks_is_refused(console: Opened, host: str) -> None:
    assert console.client.get("/", headers={"host": host}).status_code == 421


@pytest.mark.parametrize("header", ["x-amzn-oidc-data", "x-amzn-oidc-identity", "x-forwarded-user", "authorization"])
def test_a_header_of_a_proxy_is_not_believed_on_loopback(console: Opened, header: str) -> None:
    assert console.stranger.get("/", headers={header: "admin@example.com"}).status_code == 401


@pytest.mark.parametrize("page", ["/", "/nothing", "/static/console.css", "/health", "/sign-in", "/static/../site.py"])
def test_each_answer_has_the_headers_that_protect_it(console: Opened, page: str) -> None:
    for client in (console.client, console.stranger):
        headers = client.get(page).headers

        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-frame-options"] == "DENY"
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert "access-control-allow-origin" not in headers


def test_only_files_of_the_folder_are_served(console: Opened) -> None:
    for path in ("/static/../site.py", "/static/%2e%2e/site.py", "/static/..%2fsite.py", "/static//etc/passwd"):
        assert console.client.get(path).status_code == 404, path


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "10.0.0.1", "example.com", ""])  # noqa: S104 - refused
def test_it_listens_to_loopback_alone_without_a_load_balancer(address: str) -> None:
    with pytest.raises(SettingsError, match="an address of loopback"):
        authentication_of(Options(address=address))


@pytest.mark.parametrize(("address", "host"), [
    ("127.0.0.1", "127.0.0.1"), ("::1", "[::1]"), ("127.1.2.3", "127.1.2.3"), ("localhost", "localhost"),
])  # fmt: skip
def test_loopback_needs_none_and_is_answered_under_the_address_that_is_printed(address: str, host: str) -> None:
    authentication = authentication_of(Options(address=address))

    assert isinstance(authentication, LoopbackAuthentication)
    assert authentication.allows_host(f"{host}:8321")
