"""A command on the monitoring host has ended well only if it said so."""

from pathlib import Path
from typing import Any

import pytest
from celery_platform.errors import TunnelError
from celery_platform.tunnel import host_command
from celery_platform.tunnel.host_command import CONTAINER, run_on_gate

ON_CONTAINERS: dict[str, Any] = {
    "name": "local", "hosts": {"connection": CONTAINER}, "monitoring_hosts": {"celery-local-monitoring-1": {}},
}  # fmt: skip


@pytest.fixture
def podman(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program in podman's place: a real one would need a host that hangs, and only its answer is of interest."""
    monkeypatch.setenv("PATH", str(tmp_path))
    program = tmp_path / "podman"
    program.touch(mode=0o755)
    return program


def test_one_that_does_not_end_has_failed(podman: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    podman.write_text("#!/bin/sh\nexec /bin/sleep 30\n")
    monkeypatch.setattr(host_command, "SECONDS", 0.2)  # nobody waits for a minute

    with pytest.raises(TunnelError, match="no end within"):
        run_on_gate(ON_CONTAINERS, ["celery-console-admit", "a" * 64, "ann"])


def test_one_that_fails_is_shown_with_what_it_printed(podman: Path) -> None:
    podman.write_text("#!/bin/sh\necho no such container >&2\nexit 125\n")

    with pytest.raises(TunnelError, match="no such container"):
        run_on_gate(ON_CONTAINERS, ["celery-console-admit", "a" * 64, "ann"])


def test_a_program_that_may_not_be_run_is_named(podman: Path) -> None:
    podman.chmod(0o644)

    with pytest.raises(TunnelError, match="Permission denied: 'podman'"):
        run_on_gate(ON_CONTAINERS, ["celery-console-admit", "a" * 64, "ann"])
