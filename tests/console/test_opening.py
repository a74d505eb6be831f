"""Where nothing forwards an environment's console, people are told what does."""

import json
from pathlib import Path

import pytest
from celery_platform.console.opening import signed_in_address
from celery_platform.errors import TunnelError

from tests.harness.servers import REPOSITORY


@pytest.mark.parametrize(
    ("connection", "command"),
    [("containers.podman.podman", "`make up`"), ("amazon.aws.aws_ssm", "`make tunnel ENV=local`")],
)
def test_what_forwards_it_depends_on_what_its_hosts_are(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, connection: str, command: str
) -> None:
    monkeypatch.setenv("STATE_FOLDER", str(tmp_path))
    resolved = json.loads((REPOSITORY / "environments" / "local" / "resolved.json").read_text())
    resolved["hosts"]["connection"] = connection

    with pytest.raises(TunnelError, match=f"Run {command}"):
        signed_in_address(resolved)
