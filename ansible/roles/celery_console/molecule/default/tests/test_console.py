"""The console's unit: it answers on loopback, lets nobody in whom the host did not admit, and may do little."""

import hashlib
import json
import secrets
import time
from typing import Any

import pytest

testinfra_hosts = ["podman://molecule-console-1"]
BASE = "http://127.0.0.1:8321"
# As a browser: with cookies, through no proxy, and without following the address that it is sent to.
BROWSER = """
import sys, urllib.request, http.cookiejar
jar = http.cookiejar.CookieJar()
opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
opener.addheaders = [('Cookie', sys.argv[1])] if sys.argv[1] else []
for address in sys.argv[2:]:
    try:
        answer = opener.open(address)
    except urllib.error.HTTPError as error:
        answer = error
    cookies = ''.join(f'{cookie.name}={cookie.value}' for cookie in jar)
    print(answer.status, cookies or '-', answer.read().decode().replace(chr(10), ' '))
"""


def browse(host: Any, *pages: str, cookie: str = "") -> list[str]:
    """Status, cookie and text of pages that one browser opens in turn."""
    addresses = " ".join(f"'{BASE}{page}'" for page in pages)
    return str(
        host.check_output(f"python3 -c \"$CODE\" '{cookie}' {addresses}".replace("$CODE", BROWSER.replace('"', '\\"')))
    ).splitlines()


@pytest.fixture(autouse=True)
def _serves(host: Any) -> None:
    wait_until_it_answers(host)


def wait_until_it_answers(host: Any) -> None:
    deadline = time.monotonic() + 60
    while host.run(f"python3 -c \"import urllib.request as r; r.urlopen('{BASE}/health')\"").rc:
        assert time.monotonic() < deadline, host.check_output("journalctl -u celery-console -o cat -n 50")
        time.sleep(1)


def admitted(host: Any, name: str = "ann") -> str:
    """A token that the host lets in once."""
    token = secrets.token_urlsafe(32)
    host.run_expect([0], f"celery-console-admit {hashlib.sha256(token.encode()).hexdigest()} {name}")
    return token


def test_it_runs_now_and_at_boot(host: Any) -> None:
    assert host.service("celery-console").is_running
    assert host.service("celery-console").is_enabled


def test_it_listens_on_loopback_only(host: Any) -> None:
    listening = host.check_output("cat /proc/net/tcp /proc/net/tcp6").splitlines()

    assert [
        line.split()[1] for line in listening if ":2081 " in line.split(None, 2)[1] + " " and line.split()[3] == "0A"
    ] == ["0100007F:2081"]


def test_a_stranger_sees_nothing(host: Any) -> None:
    answers = browse(host, "/", "/queues", "/failures", "/sign-in?token=guess")

    assert {answer.split()[0] for answer in answers} == {"401"}
    assert "local" not in "".join(answers)


def test_whoever_the_host_admitted_sees_the_pages_and_is_written_down(host: Any) -> None:
    signed_in, page = browse(host, f"/sign-in?token={admitted(host)}", "/queues")

    assert (signed_in[:3], page[:3]) == ("200", "200")
    assert "payments" in page
    last = json.loads(host.check_output("tail -n 1 /var/lib/celery-console/audit.jsonl"))
    assert (last["who"], last["action"]) == ("ann", "sign in")
    assert '"action": "sign in"' in host.check_output("journalctl -u celery-console -o cat")


def test_a_token_lets_one_browser_in(host: Any) -> None:
    token = admitted(host)

    assert browse(host, f"/sign-in?token={token}")[0].startswith("200")
    assert browse(host, f"/sign-in?token={token}")[0].startswith("401")


def test_no_log_has_a_token(host: Any) -> None:
    token = admitted(host)
    browse(host, f"/sign-in?token={token}")

    assert host.run(f"journalctl -o cat | grep -F '{token}'").rc == 1
    assert host.run(f"grep -rF '{token}' /var/lib/celery-console /run/celery-console").rc == 1


def test_it_is_read_only_unless_it_was_said(host: Any) -> None:
    token = admitted(host)

    page = browse(host, f"/sign-in?token={token}", "/queues/payments")[1]

    assert page.startswith("200")
    assert 'action="/queues/payments/pause"' not in page


@pytest.mark.parametrize("user", ["celery", "nobody"])
def test_no_other_user_admits_anybody_or_reads_the_audit_log(host: Any, user: str) -> None:
    digest = hashlib.sha256(b"a token").hexdigest()
    command = f"/opt/celery/venv/bin/app console-admit {digest} {user} --admissions /run/celery-console/admissions"

    assert host.run(f"runuser -u {user} -- {command}").rc != 0
    assert host.run(f"runuser -u {user} -- cat /var/lib/celery-console/audit.jsonl").rc != 0


def test_it_has_a_user_of_its_own_without_rights(host: Any) -> None:
    pid = host.check_output("systemctl show --value -p MainPID celery-console")
    status = dict(line.split(":\t", 1) for line in host.check_output(f"cat /proc/{pid}/status").splitlines())

    assert host.check_output(f"stat -c %U /proc/{pid}") == "celery-console"
    assert (int(status["CapEff"], 16), status["NoNewPrivs"].strip()) == (0, "1")


def test_sandbox_scores_well(host: Any) -> None:
    summary = host.run("systemd-analyze security --no-pager celery-console.service").stdout.splitlines()[-1]
    assert float(summary.rsplit(":", 1)[1].split()[0]) <= 3.0


def test_a_restart_ends_every_session_and_keeps_the_audit_log(host: Any) -> None:
    cookie = browse(host, f"/sign-in?token={admitted(host)}")[0].split()[1]
    assert browse(host, "/queues", cookie=cookie)[0].startswith("200")
    token = admitted(host)
    lines = int(host.check_output("wc -l < /var/lib/celery-console/audit.jsonl"))
    host.run_expect([0], "systemctl restart celery-console")

    assert int(host.check_output("wc -l < /var/lib/celery-console/audit.jsonl")) == lines
    assert host.run(f"ls /run/celery-console/admissions/{hashlib.sha256(token.encode()).hexdigest()}").rc != 0
    wait_until_it_answers(host)
    assert browse(host, "/queues", cookie=cookie)[0].startswith("401")
