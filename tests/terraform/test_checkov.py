"""Checkov passes, and every check that it skips has a reason."""

import re
import subprocess

import pytest

from tests.terraform.conftest import ROOT

pytestmark = pytest.mark.terraform

SKIP = re.compile(r"#\s*checkov:skip=([A-Z0-9_]+)(.*)")


def test_no_check_fails() -> None:
    done = subprocess.run(["make", "scan"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"Passed checks: \d{3}, Failed checks: 0", done.stdout), done.stdout


def test_every_skip_has_a_reason() -> None:
    text = "".join(file.read_text() for file in sorted((ROOT / "terraform").rglob("*.tf")))
    skips = SKIP.findall(text)

    assert len(skips) > 10
    assert [check for check, reason in skips if len(reason.lstrip(": ")) < 8] == []
