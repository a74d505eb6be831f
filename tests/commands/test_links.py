"""Every link in a page of the repository leads to an existing file and heading."""

import re
import subprocess
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
LINK = re.compile(r"\]\((?!https?:|mailto:)([^)\s]+)\)")


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
