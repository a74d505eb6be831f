"""Names, addresses and folders of a region, derived from an environment's resolved.json and its folder aws/."""

import configparser
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from celery_platform.environment.load import environments_folder

from emulated_region import outside
from emulated_region.errors import RegionError
from emulated_region.outside import Outside

CHECKOUT = Path(__file__).parents[2]
VALKEY_PORT = 6379
EMULATOR_PORT = 4566

# Every container and network of a region has this label with the region's prefix as value. `stop` uses only this label.
OWNER_LABEL = "celery-platform.region"


@dataclass(frozen=True)
class Region:
    """Names, addresses and folders of one region.

    Example: `read("local").emulator_address` -> `IPv4Address("10.90.0.10")`
    """

    environment: str
    prefix: str
    aws_region: str
    cidr: IPv4Network
    endpoint: str
    access_key: str
    secret_key: str
    secrets: Mapping[str, str]
    application_secrets: Mapping[str, str]
    outside: Outside
    broker_kind: str
    broker_name: str
    broker_user: str
    state: Path
    cache: Path

    # The first sixteen addresses of the first public subnet, which no instance ever has.
    @property
    def emulator_address(self) -> IPv4Address:
        """The address of AWS for hosts."""
        return self.cidr.network_address + 10

    @property
    def valkey_address(self) -> IPv4Address:
        """The address of every ElastiCache group except a broker's."""
        return self.cidr.network_address + 11

    @property
    def outside_address(self) -> IPv4Address:
        """The address of the processes of services.yml."""
        return self.cidr.network_address + 12

    @property
    def broker_address(self) -> IPv4Address:
        """The address of a managed broker: Amazon MQ, or an ElastiCache group."""
        return self.cidr.network_address + 13

    @property
    def broker_container(self) -> str:
        """The container of that broker."""
        return f"{self.prefix}-broker"

    @property
    def trust_file(self) -> Path:
        """The trust file of this machine's tools."""
        return environments_folder() / self.environment / "aws" / "trust.pem"

    @property
    def inner_endpoint(self) -> str:
        """The AWS endpoint for hosts."""
        return f"http://{self.emulator_address}:{EMULATOR_PORT}"

    @property
    def label(self) -> str:
        """The label (`key=value`) of everything that belongs to this region."""
        return f"{OWNER_LABEL}={self.prefix}"

    @property
    def endpoint_port(self) -> int:
        """The loopback port of AWS for tools of this machine."""
        return urlsplit(self.endpoint).port or 80

    @property
    def containers_conf(self) -> Path:
        """The project's podman settings (`CONTAINERS_CONF`)."""
        return self.state / "containers.conf"


def read(environment: str, *, with_outside: bool = True) -> Region:
    """The region of an environment. services.yml is read only if requested.

    Raises:
        RegionError: the environment has no resolved.json, or no endpoint on loopback.
    """
    folder = environments_folder() / environment
    resolved = _resolved(folder)
    config = _ini(folder / "aws" / "config")
    credentials = _ini(folder / "aws" / "credentials")
    endpoint = config.get("endpoint_url", "")
    if urlsplit(endpoint).hostname not in {"127.0.0.1", "localhost"}:
        raise RegionError(
            f"endpoint_url = http://127.0.0.1:PORT in {folder / 'aws' / 'config'}",
            repr(endpoint) if endpoint else "no endpoint_url",
            f"name an environment that is emulated (local), not {environment!r}",
        )
    region = Region(
        environment=environment,
        prefix=resolved["prefix"],
        aws_region=resolved["region"],
        cidr=IPv4Network(resolved["network"]["cidr"]),
        endpoint=endpoint,
        access_key=credentials.get("aws_access_key_id", "000000000000"),
        secret_key=credentials.get("aws_secret_access_key", "emulated"),
        secrets=resolved["secrets"],
        application_secrets=outside.application_secrets(resolved),
        outside=outside.read(folder, CHECKOUT, resolved) if with_outside else Outside(),
        broker_kind=resolved["broker"]["kind"],
        broker_name=resolved["broker"]["name"],
        broker_user=resolved["broker"]["user"],
        state=CHECKOUT / ".state" / environment,
        cache=Path(os.environ.get("REGION_CACHE") or CHECKOUT / ".cache"),
    )
    if with_outside:
        outside.check_addresses(region.outside, region.outside_address, region.cidr, resolved)
    return region


def _resolved(folder: Path) -> dict[str, Any]:
    file = folder / "resolved.json"
    try:
        data: dict[str, Any] = json.loads(file.read_text())
    except FileNotFoundError:
        raise RegionError(
            f"the derived values of an environment in {file}",
            "no such file",
            f"check ENV; then `app environment render {folder.name}`",
        ) from None
    except json.JSONDecodeError as error:
        raise RegionError(f"JSON in {file}", str(error), f"`app environment render {folder.name}`") from None
    return data


def _ini(file: Path) -> dict[str, str]:
    parser = configparser.ConfigParser()
    try:
        parser.read(file)
    except configparser.Error as error:
        raise RegionError(f"an AWS configuration in {file}", " ".join(str(error).split()), "correct the file") from None
    return dict(parser["default"]) if parser.has_section("default") else {}
