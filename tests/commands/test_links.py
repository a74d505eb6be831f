"""Every link in a page of the repository leads to an existing file and heading."""

import re
import subprocess
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
LINK = re.compile(r"\]\((?!https?:|mailto:)([^)\s]+)\)")
# A link from a name in Python to the file that defines it: [`Guarantees.retry`](../attachment/guarantees.py).
NAMED = re.compile(r"\[`([A-Za-z_][\w.]*)(?:\(\))?`\]\(([^)\s#]+\.py)\)")


def pages() -> list[str]:
    listed = subprocess.run(["git", "ls-files", "*.md"], cwd=REPOSITORY, check=True, capture_output=True, text=True)
    return listed.stdout.split()


def headings(page: Path) -> set[str]:
    """The anchors of a page as GitHub creates them: lower case, without punctuation, hyphens for spaces."""
    lines = (line.lstrip("#").strip().lower() for line in page.read_text().splitlines() if line.startswith("#"))
    return {re.sub(r"[^\w\- ]", "", line).replace(" ", "-") for line in lines}


def leads_nowhere(page: Path, link: str) -> bool:
    path, _, heading = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    return not target.exists() or (heading != "" and heading not in headings(target))


@pytest.mark.parametrize("page", pages())
def test_every_link_leads_somewhere(page: str) -> None:
    file = REPOSITORY / page
    text = re.sub(r"```.*?```", "", file.read_text(), flags=re.DOTALL)

    assert [link for link in LINK.findall(text) if leads_nowhere(file, link)] == []


def defines(file: Path, name: str) -> bool:
    """Whether a file has a function, a class, a method or a variable of this name; `Class.method` needs both."""
    text = file.read_text()
    forms = r"^\s*(?:async )?(?:def|class) {0}\b|^\s*{0}\b[^=\n]*="
    return all(re.search(forms.format(part), text, re.MULTILINE) for part in name.split("."))


@pytest.mark.parametrize("page", pages())
def test_a_name_is_defined_in_the_file_that_its_link_leads_to(page: str) -> None:
    file = REPOSITORY / page
    found = [(name, file.parent / link) for name, link in NAMED.findall(file.read_text()) if not name.endswith(".py")]

    assert [(name, str(target)) for name, target in found if not defines(target, name)] == []


def test_a_name_that_moved_would_be_noticed() -> None:
    assert defines(Path(__file__), "leads_nowhere")
    assert not defines(Path(__file__), "leads_somewhere")
    assert not defines(Path(__file__), "LINK.leads_somewhere")
