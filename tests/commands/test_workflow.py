"""What runs for a pull request is what a person can run: verbs of the Makefile, with pinned actions and few rights."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

REPOSITORY = Path(__file__).parents[2]
WORKFLOWS = sorted((REPOSITORY / ".github" / "workflows").glob("*.yml"))
VERBS = set(re.findall(r"^([a-z-]+):.*## ", (REPOSITORY / "Makefile").read_text(), re.MULTILINE))
# `uses: owner/action@commit # v1.2.3`: a tag may be moved, a commit may not; the version is for people.
PINNED = re.compile(r"uses: [\w-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")

pytestmark = pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda file: file.name)


def jobs(workflow: Path) -> dict[str, Any]:
    return dict(yaml.safe_load(workflow.read_text())["jobs"])


def test_each_command_is_a_verb_of_the_makefile(workflow: Path) -> None:
    commands = [step["run"] for job in jobs(workflow).values() for step in job["steps"] if "run" in step]

    assert commands
    for command in commands:
        found = re.fullmatch(r"(?:sudo --preserve-env=PATH )?make ([a-z-]+)", command)
        assert found, f"{command!r} is more than one verb of the Makefile"
        assert found[1] in VERBS


def test_each_action_is_pinned_by_commit_with_its_version_beside(workflow: Path) -> None:
    used = [line.strip().removeprefix("- ") for line in workflow.read_text().splitlines() if "uses:" in line]

    assert used
    assert [line for line in used if not PINNED.fullmatch(line)] == []


def test_it_may_only_read(workflow: Path) -> None:
    described = yaml.safe_load(workflow.read_text())

    assert described["permissions"] == {"contents": "read"}
    assert [name for name, job in jobs(workflow).items() if "permissions" in job] == []


def test_each_job_ends(workflow: Path) -> None:
    assert [name for name, job in jobs(workflow).items() if "timeout-minutes" not in job] == []
