"""External services that tasks call: the processes in `services.yml`, beside environment.yml.

The file is optional, and only the emulated region reads it. All of its processes run in one container at the region's
external address, and start before Terraform.
"""

from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Annotated, Any

import yaml
from celery_platform.environment.model.application import DebianPackage, Variable
from celery_platform.environment.model.base import Closed, Label, Port
from pydantic import Field, ValidationError

from emulated_region.errors import RegionError

FILE_NAME = "services.yml"


class Process(Closed):
    """One process. It gets secrets as variables, with the values in the account.

    Example: `{name: pay, folder: app/orders/outside, command: [python3, -m, outside], ports: [8080]}`
    """

    name: Label
    command: tuple[str, ...] = Field(min_length=1)
    folder: str | None = Field(
        default=None,
        description="a folder of the repository, mounted under its name in the working folder, which is on PYTHONPATH",
    )
    user: str = Field(default="root", description="the user of the process, such as one that a Debian package creates")
    variables: dict[Variable, str] = Field(default_factory=dict)
    secrets: dict[Variable, Label] = Field(default_factory=dict, description="variable -> a secret of the application")
    ports: tuple[Port, ...] = Field(default=(), description="TCP ports on which it listens; `make up` waits for them")


class Outside(Closed):
    """The file `services.yml`."""

    packages: tuple[DebianPackage, ...] = Field(default=(), description="Debian packages that the processes need")
    python_packages: tuple[Annotated[str, Field(min_length=1)], ...] = Field(
        default=(), description="requirements for Debian's python3, in the versions of this checkout's lock file"
    )
    processes: tuple[Process, ...] = ()
    secrets: dict[Label, str] = Field(
        default_factory=dict, description="values of the application's secrets; others get a random value"
    )

    @property
    def ports(self) -> tuple[int, ...]:
        """All ports of all processes."""
        return tuple(port for process in self.processes for port in process.ports)


def read(folder: Path, checkout: Path, resolved: dict[str, Any]) -> Outside:
    """The external services of the environment in `folder`; empty without a file.

    Raises:
        RegionError: the file is invalid, or refers to something that does not exist.
    """
    file = folder / FILE_NAME
    outside = _parsed(file) if file.exists() else Outside()
    _check_distinct(outside, file)
    for process in outside.processes:
        if process.folder is not None and not (checkout / process.folder).is_dir():
            raise RegionError(
                f"a folder of the repository at {process.name}.folder in {file}",
                process.folder,
                "name an existing folder, or remove the process if the application no longer calls it",
            )
    known = application_secrets(resolved)
    for label in {*outside.secrets, *(name for process in outside.processes for name in process.secrets.values())}:
        if label not in known:
            raise RegionError(
                f"secrets of the application in {file}: {', '.join(sorted(known)) or 'it has none'}",
                label,
                "add it to environment.yml, too (application.secrets, pools.<name>.secrets, services.<name>.secret)",
            )
    return outside


def _check_distinct(outside: Outside, file: Path) -> None:
    """Check that names and ports of processes are unique.

    Raises:
        RegionError: a name or a port is used twice.
    """
    names = [process.name for process in outside.processes]
    ports = [str(port) for port in outside.ports]
    for what, given in (("name", names), ("port", ports)):
        if twice := sorted({each for each in given if given.count(each) > 1}):
            raise RegionError(
                f"each process in {file} to have a {what} of its own", f"{', '.join(twice)} twice", "change one of them"
            )


def application_secrets(resolved: dict[str, Any]) -> dict[str, str]:
    """Label -> name in Secrets Manager of each secret of the application and its services."""
    uses = [resolved["application"]["secrets"], *(pool["secrets"] for pool in resolved["pools"].values())]
    labels = {use["secret"] for secrets in uses for use in secrets.values()}
    return {label: resolved["secrets"][label] for label in sorted(labels)}


def check_addresses(outside: Outside, address: IPv4Address, cidr: IPv4Network, resolved: dict[str, Any]) -> None:
    """Check that a service at an address in the network's range is one of these processes.

    Raises:
        RegionError: none of them listens there.
    """
    served = {(f"{address}/32", port) for port in outside.ports}
    for name, target in resolved["egress"]["services"].items():
        where = IPv4Network(target["cidr"])
        for port in target["ports"]:
            if where.prefixlen == 32 and where.subnet_of(cidr) and (target["cidr"], port) not in served:
                raise RegionError(
                    f"services.{name} at {address} (the twelfth address of network.cidr), on a port of a process in "
                    f"{FILE_NAME}: {', '.join(map(str, outside.ports)) or 'none'}",
                    f"{where.network_address}:{port}",
                    f"correct it in environment.yml and render again, or add the process to {FILE_NAME}",
                )


def _parsed(file: Path) -> Outside:
    try:
        return Outside.model_validate(yaml.safe_load(file.read_text()) or {})
    except yaml.YAMLError as error:
        raise RegionError(f"YAML in {file}", " ".join(str(error).split()), "correct the file") from None
    except ValidationError as error:
        first = error.errors()[0]
        path = ".".join(map(str, first["loc"]))
        raise RegionError(f"{path}: {first['msg']}, in {file}", repr(first["input"]), "correct the file") from None
