"""The roles and their variables."""

from pathlib import Path
from typing import Any

import yaml

ANSIBLE = Path(__file__).parents[2] / "ansible"
ROLES = sorted((ANSIBLE / "roles").iterdir())


class _Reader(yaml.SafeLoader):
    """PyYAML's loader with Ansible's tag `!unsafe`, a string that is not a template."""


def _text(reader: yaml.SafeLoader, node: yaml.Node) -> str:
    assert isinstance(node, yaml.ScalarNode), f"expected a text behind !unsafe, found {node}"
    return str(reader.construct_scalar(node))


_Reader.add_constructor("!unsafe", _text)


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
