"""`make help` shows every target under the heading of its section, and every target is phony."""

import re
import subprocess
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
MAKEFILE = (REPOSITORY / "Makefile").read_text()
# Targets with a help text; `rabbitmq-%` stands for one for each playbook.
VERBS = re.findall(r"^([a-z%-]+):.*## ", MAKEFILE, re.MULTILINE)


def _help() -> list[str]:
    return subprocess.run(
        ["make", "--no-print-directory", "help"], cwd=REPOSITORY, text=True, check=True, capture_output=True
    ).stdout.splitlines()


def test_help_shows_each_verb_and_heading_in_their_order() -> None:
    written = re.findall(r"^# --- (.+?) -+$|^([a-z%-]+):.*## ", MAKEFILE, re.MULTILINE)

    shown = [line.split()[0] if line.startswith("  ") else line for line in _help() if line]

    assert shown == [heading or verb for heading, verb in written]


def test_each_verb_is_phony() -> None:
    phony = re.search(r"^\.PHONY: (.+?[^\\])$", MAKEFILE, re.MULTILINE | re.DOTALL)

    assert phony
    assert set(phony[1].replace("\\", " ").split()) == {verb for verb in VERBS if "%" not in verb}
