"""A console that runs as a service: whoever has rights on its host admits people; what is there opens nothing."""

import json
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from celery_platform.console.application import application as console_application
from celery_platform.console.security import admissions
from celery_platform.console.security.admissions import Admissions, digest_of
from celery_platform.console.serve import Options, authentication_of, site_of
from celery_platform.errors import SettingsError
from celery_platform.settings import runtime
from starlette.testclient import TestClient

from tests.harness.environment import TestEnvironment

from .inside import inside

# Where a tunnel forwards it on the person's machine.
FORWARDED = "http://127.0.0.1:40123"


@dataclass(frozen=True)
class Service:
    """A console as its unit starts it, the folder of admissions, and its audit log."""

    browser: Callable[[], TestClient]
    folder: Path
    audit: Path

    def lines(self) -> list[dict[str, str]]:
        return [json.loads(line) for line in self.audit.read_text().splitlines()]


@pytest.fixture
def service(plain_redis: TestEnvironment, tmp_path: Path) -> Iterator[Service]:
    folder = tmp_path / "admissions"
    folder.mkdir(mode=0o700)
    options = Options(admissions=folder, audit_log=tmp_path / "audit.jsonl")
    with inside(plain_redis):
        app = console_application(site_of(runtime(), options, authentication_of(options)))
        yield Service(lambda: TestClient(app, FORWARDED, follow_redirects=False), folder, options.audit_log)


def admit(folder: Path, digest: str, name: str = "ann") -> subprocess.CompletedProcess[str]:
    """What the person's machine lets the host run."""
    return subprocess.run(
        [sys.executable, "-m", "celery_platform", "console-admit", digest, name, "--admissions", str(folder)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_whoever_was_admitted_comes_in_under_that_name_and_is_written_down(service: Service) -> None:
    token, browser = secrets.token_urlsafe(32), service.browser()

    assert admit(service.folder, digest_of(token)).returncode == 0
    answer = browser.get("/sign-in", params={"token": token})
    page = browser.get("/queues")

    assert (answer.status_code, page.status_code) == (303, 200)
    assert "ann" in page.text
    (line,) = service.lines()
    assert (line["who"], line["action"], line["admission"]) == ("ann", "sign in", digest_of(token))


def test_a_token_lets_one_browser_in(service: Service) -> None:
    token = secrets.token_urlsafe(32)
    Admissions(service.folder).admit(digest_of(token), "ann")

    answers = [service.browser().get("/sign-in", params={"token": token}).status_code for _ in range(2)]

    assert answers == [303, 401]
    assert list(service.folder.iterdir()) == []


def test_what_the_host_is_told_opens_nothing(service: Service) -> None:
    token = secrets.token_urlsafe(32)
    Admissions(service.folder).admit(digest_of(token), "ann")

    for guess in (digest_of(token), "", "../audit.jsonl", "guess"):
        assert service.browser().get("/sign-in", params={"token": guess}).status_code == 401


def test_an_admission_ends_by_itself(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admissions, "SECONDS", -1)  # nobody waits for two minutes
    token = secrets.token_urlsafe(32)
    Admissions(service.folder).admit(digest_of(token), "ann")

    assert service.browser().get("/sign-in", params={"token": token}).status_code == 401


def test_two_people_have_sessions_of_their_own(service: Service) -> None:
    browsers = {}
    for name in ("ann", "bob"):
        token, browsers[name] = secrets.token_urlsafe(32), service.browser()
        Admissions(service.folder).admit(digest_of(token), name)
        browsers[name].get("/sign-in", params={"token": token})

    assert all(name in browser.get("/queues").text for name, browser in browsers.items())


def test_the_cookie_has_the_port_at_which_the_browser_reaches_it(service: Service) -> None:
    token = secrets.token_urlsafe(32)
    Admissions(service.folder).admit(digest_of(token), "ann")

    answer = service.browser().get("/sign-in", params={"token": token})

    assert answer.headers["set-cookie"].startswith("console_40123=")


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:40123", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1.nip.io"]
)
def test_another_name_than_loopbacks_is_refused_through_a_tunnel_too(service: Service, host: str) -> None:
    assert service.browser().get("/", headers={"host": host}).status_code == 421


def test_a_stranger_is_told_how_to_come_in(service: Service) -> None:
    answer = service.browser().get("/")

    assert answer.status_code == 401
    assert "make console" in answer.text


@pytest.mark.parametrize(
    ("digest", "name"), [("abc", "ann"), ("../" + "a" * 61, "ann"), ("a" * 64, ""), ("a" * 64, "a\nb")]
)
def test_what_is_no_digest_or_no_name_is_refused(tmp_path: Path, digest: str, name: str) -> None:
    refused = admit(tmp_path, digest, name)

    assert refused.returncode == 2
    assert "Traceback" not in refused.stderr + refused.stdout
    assert list(tmp_path.iterdir()) == []


def test_nobody_is_admitted_where_no_console_runs(tmp_path: Path) -> None:
    refused = admit(tmp_path / "none", "a" * 64)

    assert refused.returncode == 2
    assert "systemctl status celery-console" in refused.stdout + refused.stderr


def test_a_folder_in_which_others_may_write_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)

    with pytest.raises(SettingsError, match="others may write"):
        authentication_of(Options(admissions=tmp_path))
