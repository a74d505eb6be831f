"""Differences between environments and revisions are sentences that a reviewer can read."""

import subprocess
from pathlib import Path

import pytest
from celery_platform.environment import EnvironmentFileError
from celery_platform.environment.differences import between, in_words

from .conftest import Edit


def test_changes_additions_and_removals_are_described() -> None:
    before = {"broker": {"kind": "sqs", "old": 1}}
    after = {"broker": {"kind": "rabbitmq", "new": {"a": 1}}}

    assert list(in_words(before, after)) == [
        "broker.kind changes from 'sqs' to 'rabbitmq'",
        "broker.old is removed (was 1)",
        "broker.new is added: 1 keys (a)",
    ]


@pytest.mark.usefixtures("environments")
def test_an_environment_does_not_differ_from_itself() -> None:
    assert between("prod", "prod") == []


def test_a_revision_is_compared_with_the_file_on_disk(environments: Path, edit_prod: Edit) -> None:
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.com", "-C", str(environments)]
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "first"]):
        subprocess.run([*git, *words], check=True)
    edit_prod("zones: 3", "zones: 2")
    edit_prod("monthly_usd: 4000", "monthly_usd: 4100")

    assert "budget.monthly_usd changes from 4000 to 4100" in between("prod@HEAD", "prod")


@pytest.mark.usefixtures("environments")
def test_an_unknown_revision_is_refused() -> None:
    with pytest.raises(EnvironmentFileError, match="'prod@nowhere'"):
        between("prod@nowhere", "prod")
