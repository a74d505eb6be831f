"""The notifications of a worker to systemd, on a socket like systemd's."""

import socket
from pathlib import Path

import pytest
from celery_platform.worker.heartbeat_file import HeartbeatFile


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> socket.socket:
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listening.bind(str(tmp_path / "notify"))
    listening.setblocking(False)
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    monkeypatch.setenv("WATCHDOG_USEC", "30000000")
    return listening


def test_a_worker_has_started_when_it_connects_to_its_broker(systemd: socket.socket, tmp_path: Path) -> None:
    heartbeat = HeartbeatFile(str(tmp_path / "heartbeat"))

    heartbeat.write("starting")
    assert b"READY=1" not in systemd.recv(1000)
    heartbeat.write("connecting")
    assert b"READY=1" in systemd.recv(1000)


def test_the_watchdog_waits_as_long_as_the_loop_announced_and_no_longer(systemd: socket.socket, tmp_path: Path) -> None:
    heartbeat = HeartbeatFile(str(tmp_path / "heartbeat"))

    heartbeat.write("ready", away=60)
    assert b"WATCHDOG_USEC=90000000\nWATCHDOG=1" in systemd.recv(1000)
    heartbeat.write("ready")
    assert b"WATCHDOG_USEC=30000000\nWATCHDOG=1" in systemd.recv(1000)
