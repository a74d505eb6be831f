"""`app tunnel`: commands on a person's machine reach what production keeps private, and check its certificates."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.celery_platform.tunnel.conftest import Production, tunnel
from tests.harness.session_manager.sessions import IDLE, Limits
from tests.harness.waiting import eventually

pytestmark = pytest.mark.server
OPEN = "Ctrl-C ends it"


def children(process: int) -> list[int]:
    """The processes that it has started and that run."""
    listed = subprocess.run(["pgrep", "-P", str(process)], capture_output=True, text=True, check=False)
    return [int(line) for line in listed.stdout.split()]


def run(process: int) -> bool:
    return Path(f"/proc/{process}").exists()


def test_commands_reach_the_broker_and_the_store_by_their_own_names(production: Production, tmp_path: Path) -> None:
    without = production.app("dlq", "list", "--env", "prod")
    with tunnel(production, tmp_path, "--to", "management,broker,results") as way_in:
        way_in.says(OPEN)
        listed = production.app("dlq", "list", "--env", "prod")
        status = production.app("status", "--env", "prod", "--json")

    assert (without.returncode, "`make tunnel ENV=...`" in without.stderr) == (2, True), without.stderr
    assert (listed.returncode, listed.stdout.strip()) == (0, "no dead-lettered messages"), listed.stderr
    snapshot = json.loads(status.stdout)
    assert snapshot["broker_up"], snapshot["problems"]
    started = way_in.sessions.events("started")
    assert len(started) == len(production.routes), started
    assert all("AWS-StartPortForwardingSessionToRemoteHost" in each for each in started)


def test_who_asks_for_the_broker_needs_no_access_to_the_cluster(production: Production, tmp_path: Path) -> None:
    with production.without_cluster(), tunnel(production, tmp_path, "--to", "broker") as way_in:
        way_in.says(OPEN)


def test_a_server_with_the_wrong_name_is_refused(production: Production, tmp_path: Path) -> None:
    """The tunnel changes where a connection goes, and nothing about whom it expects there."""
    with tunnel(production, tmp_path, "--to", "broker") as way_in:
        way_in.says(OPEN)
        record = Path(production.variables["STATE_FOLDER"]) / "prod" / "tunnel.json"
        (forwarded,) = json.loads(record.read_text())
        code = (
            "import ssl, socket; from celery_platform.settings.tunnelled import Forwarded, connect_through;"
            f"connect_through([Forwarded('x', 'db.example.com', 5671, {forwarded['local']})]);"
            "plain = socket.create_connection(('db.example.com', 5671));"
            "ssl.create_default_context().wrap_socket(plain, server_hostname='db.example.com')"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], env=production.variables, capture_output=True, text=True, check=False
        )

    assert "Hostname mismatch" in done.stderr


def test_a_throttled_session_is_started_again(production: Production, tmp_path: Path) -> None:
    with tunnel(production, tmp_path, "--to", "results", limits=Limits(throttled=3)) as way_in:
        way_in.says(OPEN)

    assert way_in.sessions.events("refused") == ["ThrottlingException"] * 3


def test_an_idle_session_is_opened_again_at_the_same_port(production: Production, tmp_path: Path) -> None:
    with tunnel(production, tmp_path, "--to", "broker", limits=Limits(idle=2)) as way_in:
        way_in.says(OPEN)
        way_in.says("opened again at the same port")
        listed = production.app("dlq", "list", "--env", "prod")

    assert re.search(rf"the session ended by itself after \d+s: .*SessionId: person-\w+ : {IDLE}", way_in.said)
    assert listed.returncode == 0, listed.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_an_interrupted_tunnel_leaves_nothing(production: Production, tmp_path: Path, number: signal.Signals) -> None:
    with tunnel(production, tmp_path, "--to", "broker,results") as way_in:
        way_in.says(OPEN)
        plugins = children(way_in.process.pid)
        os.kill(way_in.process.pid, number)
        code = way_in.process.wait(20)

        assert len(plugins) >= 2
        eventually(lambda: not any(map(run, plugins)), "the end of every plugin", 10)
        assert len(way_in.sessions.events("terminated")) == 2
    assert code == 0, way_in.said
    assert list((Path(production.variables["STATE_FOLDER"]) / "prod").glob("tunnel.json")) == []


def test_a_second_tunnel_is_refused(production: Production, tmp_path: Path) -> None:
    (tmp_path / "second").mkdir()
    with tunnel(production, tmp_path, "--to", "broker") as way_in:
        way_in.says(OPEN)
        with tunnel(production, tmp_path / "second", "--to", "broker") as second:
            assert second.process.wait(30) == 2

    assert "expected: no other tunnel to prod from this checkout" in second.said


def test_a_killed_tunnel_is_not_taken_for_one(production: Production, tmp_path: Path) -> None:
    with tunnel(production, tmp_path, "--to", "broker") as way_in:
        way_in.says(OPEN)
        plugins = children(way_in.process.pid)
        way_in.process.kill()
        way_in.process.wait(10)
        listed = production.app("dlq", "list", "--env", "prod")
        for plugin in plugins:
            os.kill(plugin, signal.SIGKILL)

    assert listed.returncode == 2, "it looks for the broker where it is"


def test_an_unknown_target_is_refused_with_the_known_ones(production: Production, tmp_path: Path) -> None:
    with tunnel(production, tmp_path, "--to", "database") as way_in:
        assert way_in.process.wait(60) == 2

    assert "Use one of: management, broker, results, prometheus, alertmanager, kubernetes, workers." in way_in.said


def test_a_machine_without_the_plugin_is_told_what_to_install(production: Production) -> None:
    done = production.app("tunnel", "prod")

    assert done.returncode == 2
    assert "expected: session-manager-plugin 1.2.331 or newer on the PATH" in done.stderr
    assert "brew install --cask session-manager-plugin" in done.stderr
