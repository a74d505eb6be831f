"""Wrong input is answered in a few lines: what was expected, what was found, and what to do."""

import os
import subprocess
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]


def make(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", *words], cwd=REPOSITORY, env=os.environ | variables, text=True, check=False, timeout=120,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
    )  # fmt: skip


@pytest.mark.parametrize("verb", ["plan", "apply", "output", "validate", "demo", "wheelhouse"])
def test_an_unknown_environment_is_refused_with_those_there_are(verb: str) -> None:
    run = make(verb, "ENV=prd")

    assert run.returncode != 0
    assert "one of: dev, local, prod, staging" in run.stdout
    assert "Traceback" not in run.stdout


def test_the_playbook_refuses_an_unknown_environment() -> None:
    run = subprocess.run(
        ["ansible-playbook", "site.yml"], cwd=REPOSITORY / "ansible", env=os.environ | {"ENV": "prd"}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=120,
    )  # fmt: skip

    assert run.returncode != 0
    assert "one of: dev, local, prod, staging" in " ".join(run.stdout.split())


def test_broken_aws_credentials_are_refused_before_terraform_runs(tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text("[default]\nendpoint_url = http://127.0.0.1:9\n")

    run = make(
        "plan", "ENV=prod", AWS_CONFIG_FILE=str(config), AWS_ACCESS_KEY_ID="x", AWS_SECRET_ACCESS_KEY="y",
        AWS_MAX_ATTEMPTS="1",
    )  # fmt: skip

    assert run.returncode != 0
    assert "credentials" in run.stdout
    assert "Traceback" not in run.stdout
    assert "Plan:" not in run.stdout


def test_every_verb_is_listed_with_what_it_does_below_its_section() -> None:
    sections = [section.splitlines() for section in make("help").stdout.split("\n\n")]

    verbs = {line.split()[0]: titles[0] for titles in sections for line in titles if line.startswith("  ")}
    assert {"up", "demo", "down", "plan", "apply", "test"} <= verbs.keys()
    assert (verbs["plan"], verbs["test"]) == ("an environment on AWS", "checks")
