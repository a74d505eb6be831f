"""The dry run of a replay where today's code cannot be imported."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from celery_platform.console.serve import Options

from tests.harness.environment import TestEnvironment
from tests.harness.waiting import eventually

from .conftest import Opened, opened
from .inside import EMPTY, filled, inside
from .pages import text_of
from .test_replay import dry_run_of


def test_a_dry_run_without_the_applications_code_says_why_and_hides_its_secrets(
    plain_redis: TestEnvironment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(plain_redis, "unread", count=3)
    (tmp_path / "unready.py").write_text("raise KeyError('token=hunter2')\n")
    monkeypatch.syspath_prepend(tmp_path)
    file = tmp_path / "resolved.json"
    own = plain_redis.resolved["application"] | {"celery": "unready:celery"}
    file.write_text(json.dumps(plain_redis.resolved | {"application": own}))
    changed = replace(plain_redis, variables=plain_redis.variables | {"CELERY_ENVIRONMENT_FILE": str(file)})
    with inside(changed):
        console = opened(Options(audit_log=tmp_path / "audit.jsonl"))

        page = eventually(lambda: _worked_out(console), "the dry run")

    assert "Today's code cannot be asked whether it takes them: expected to import unready" in page
    assert "token=[redacted]" in page
    assert "sending 3 takes" in page
    plain_redis.python(EMPTY)


def _worked_out(console: Opened) -> str:
    page = text_of(dry_run_of(console))
    return page if "sending" in page else ""
