"""`make molecule ROLE=... SCENARIO=...`: run one Molecule scenario of a role on this terminal.

Example: `python -m tests.roles rabbitmq mirrored`; `python -m tests.roles monitoring default converge` keeps the host,
and `destroy` removes it.
"""

import argparse
import sys

from local_containers.errors import ContainerError

from tests.roles import molecule

VERBS = ("test", "create", "check", "converge", "idempotence", "verify", "login", "destroy")


def main(arguments: list[str] | None = None) -> int:
    """Run the scenario; returns Molecule's exit code, or 2 for an unknown role or scenario."""
    parser = argparse.ArgumentParser(prog="python -m tests.roles", description="one Molecule scenario of a role")
    parser.add_argument("role")
    parser.add_argument("scenario", nargs="?", default="default")
    parser.add_argument("command", nargs="?", default="test", choices=VERBS, help="Molecule's (default: test)")
    chosen = parser.parse_args(arguments)
    found = {(folder.parents[1].name, folder.name): folder for folder in molecule.scenarios()}
    scenario = found.get((chosen.role, chosen.scenario))
    if scenario is None:
        known = ", ".join(f"{role} {name}" for role, name in found)
        parser.error(f"expected one of: {known}; found {chosen.role} {chosen.scenario}")
    try:
        variables = molecule.prepare([scenario], molecule.REPOSITORY / ".cache" / "molecule" / "containers.conf")
    except ContainerError as error:
        sys.exit(str(error))
    return molecule.shown(scenario, variables, chosen.command)


if __name__ == "__main__":
    sys.exit(main())
