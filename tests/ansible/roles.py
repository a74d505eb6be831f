"""The roles and their variables."""

from pathlib import Path
from typing import Any

import yaml

ANSIBLE = Path(__file__).parents[2] / "ansible"
ROLES = sorted((ANSIBLE / "roles").iterdir())


class _Reader(yaml.SafeLoader):
    """PyYAML's loader with Ansible's tag `!unsafe`, a string that is not a template."""


_Reader.add_constructor("!unsafe", lambda reader, node: reader.construct_scalar(node))


def read(file: Path) -> Any:
    """The content of one of Ansible's YAML files."""
    return yaml.load(file.read_text(), _Reader)  # noqa: S506 - a SafeLoader


def options(role: Path) -> dict[str, dict[str, Any]]:
    """The options of meta/argument_specs.yml, by name."""
    return dict(read(role / "meta" / "argument_specs.yml")["argument_specs"]["main"]["options"])


def defaults(role: Path) -> dict[str, Any]:
    """The variables of defaults/main.yml, with templates as strings."""
    return dict(read(role / "defaults" / "main.yml"))


def required(role: Path) -> list[str]:
    """The options that a play must set."""
    return [name for name, option in options(role).items() if option.get("required")]
