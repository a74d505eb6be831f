"""Find Terraform, check its version, and configure where it gets providers."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from itertools import chain
from pathlib import Path

from runner.errors import RunError

OLDEST = (1, 11)
REGISTRY = "registry.terraform.io"
# Folders in which images and packages put an unpacked mirror, and how deep to search them.
MIRROR_ROOTS = ("~/.terraform.d", "/opt", "/usr/local/share", "/usr/share")
MIRROR_DEPTH = 2


def terraform() -> str:
    """The path of a Terraform or OpenTofu that can run this configuration.

    Raises:
        RunError: there is none, or it is older than 1.11, the first version with write-only arguments.
    """
    found = shutil.which("terraform") or shutil.which("tofu")
    wanted = f"Terraform {'.'.join(map(str, OLDEST))} or later on the PATH"
    if found is None:
        raise RunError(
            wanted, "neither terraform nor tofu", "install it: https://developer.hashicorp.com/terraform/install"
        )
    without_config = {key: value for key, value in os.environ.items() if key != "TF_CLI_CONFIG_FILE"}
    answer = subprocess.run(
        [found, "version", "-json"], capture_output=True, text=True, check=False, env=without_config
    )
    try:
        version = str(json.loads(answer.stdout)["terraform_version"])
    except (ValueError, KeyError):
        raise RunError(wanted, f"{found}, which does not print its version", "install it again") from None
    if tuple(int(part) for part in version.split(".")[:2]) < OLDEST:
        raise RunError(wanted, f"{found} {version}", "upgrade it")
    return found


def mirror(roots: tuple[str, ...] = MIRROR_ROOTS) -> Path | None:
    """A folder with an unpacked provider mirror, for machines that cannot reach the registry."""
    for root in (Path(root).expanduser() for root in roots):
        for found in chain.from_iterable(root.glob("*/" * depth + REGISTRY) for depth in range(MIRROR_DEPTH + 1)):
            if any(found.glob("*/*/*/*/terraform-provider-*")):
                return found.parent
    return None


def cli_config(found: Path | None) -> str:
    """The text of a Terraform CLI configuration: providers in the mirror come from it, all others from the registry.

    The split is needed because Terraform asks every source that may have a provider and fails if one is unreachable.
    """
    if found is None:
        return "provider_installation {\n  direct {}\n}\n"
    names = sorted(str(folder.relative_to(found)) for folder in (found / REGISTRY).glob("*/*") if folder.is_dir())
    listed = json.dumps(names)
    return (
        "provider_installation {\n"
        f"  filesystem_mirror {{\n    path    = {json.dumps(str(found))}\n    include = {listed}\n  }}\n"
        f"  direct {{\n    exclude = {listed}\n  }}\n"
        "}\n"
    )


def terraform_variables(folder: Path, inherited: Mapping[str, str]) -> dict[str, str]:
    """The process environment for Terraform, which keeps its own files in `folder`."""
    config = folder / "terraform.rc"
    config.write_text(cli_config(mirror()))
    return {
        **inherited,
        "TF_CLI_CONFIG_FILE": str(config),
        "TF_DATA_DIR": str(folder / "data"),
        "TF_IN_AUTOMATION": "1",
        "TF_INPUT": "0",
    }
