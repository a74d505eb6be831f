"""Terraform files as data."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hcl2

CONFIGURATION = Path(__file__).parents[1]
MODULES = CONFIGURATION / "modules"

Block = dict[str, Any]


def blocks(folder: Path, kind: str) -> Iterator[Block]:
    """Every top-level block of one kind (`variable`, `output`, `module`, `resource`) in a folder, in file order."""
    for file in sorted(folder.glob("*.tf")):
        yield from hcl2.loads(file.read_text()).get(kind, [])


def labelled(folder: Path, kind: str) -> Iterator[tuple[str, Block]]:
    """Blocks with one label, as (label, body).

    Example: `dict(labelled(MODULES / "sqs", "variable"))["queues"]["description"]`
    """
    for block in blocks(folder, kind):
        for label, body in block.items():
            if not label.startswith("__"):
                yield unquoted(label), body


def resources(folder: Path, kind: str = "resource") -> Iterator[tuple[str, str, Block]]:
    """Resources (or `data`) as (type, name, body)."""
    for resource_type, named in labelled(folder, kind):
        for name, body in named.items():
            if not name.startswith("__"):
                yield resource_type, unquoted(name), body


def unquoted(value: Any) -> str:
    """A string without what the parser keeps of HCL: its quotes, and `${}` around expressions."""
    text = str(value)
    if text.startswith('"') and text.endswith('"'):
        return text[1:-1].replace('\\"', '"')
    if text.startswith("${") and text.endswith("}"):
        return text[2:-1]
    return text
