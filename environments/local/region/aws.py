"""The account behind the endpoint, asked as any AWS tool asks it."""

from dataclasses import dataclass
from ipaddress import IPv4Address
from itertools import pairwise
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from region.errors import RegionError
from region.plan import Region


@dataclass(frozen=True)
class Instance:
    """A running EC2 instance; `name` is its Name tag."""

    instance_id: str
    name: str
    address: IPv4Address


class Account:
    """Reads the account. Every failure is a RegionError that says whom we asked for what."""

    def __init__(self, region: Region) -> None:
        self._region = region

    def _ask(self, service: str, operation: str, **arguments: Any) -> dict[str, Any]:
        region = self._region
        client = boto3.client(
            service,
            region_name=region.aws_region,
            endpoint_url=region.endpoint,
            aws_access_key_id=region.access_key,
            aws_secret_access_key=region.secret_key,
            config=Config(retries={"total_max_attempts": 2}, connect_timeout=3, read_timeout=20),
        )
        try:
            answer: dict[str, Any] = getattr(client, operation)(**arguments)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") == "ResourceNotFoundException":
                return {}
            raise RegionError(f"{service} to answer {operation}", str(error), "`python -m region status`") from None
        except BotoCoreError as error:
            raise RegionError(
                f"AWS to answer at {region.endpoint}", str(error), "run `python -m region start`"
            ) from None
        return answer

    def instances(self) -> list[Instance]:
        """The environment's running instances, by name.

        Raises:
            RegionError: an instance has no Name tag or an address outside the network, or two share a name.
        """
        answer = self._ask(
            "ec2",
            "describe_instances",
            Filters=[
                {"Name": "instance-state-name", "Values": ["running"]},
                {"Name": "tag:Environment", "Values": [self._region.environment]},
            ],
        )
        rows = [row for reservation in answer["Reservations"] for row in reservation["Instances"]]
        found = sorted((self._instance(row) for row in rows), key=lambda instance: instance.name)
        for one, other in pairwise(found):
            if one.name == other.name:
                raise RegionError(
                    f"one running instance named {one.name}",
                    f"{one.instance_id} and {other.instance_id}",
                    "terminate the one that Terraform does not know",
                )
        return found

    def _instance(self, row: dict[str, Any]) -> Instance:
        tags = {tag["Key"]: tag["Value"] for tag in row.get("Tags", [])}
        address = IPv4Address(row["PrivateIpAddress"])
        reserved = {self._region.emulator_address, self._region.valkey_address, self._region.outside_address}
        if "Name" not in tags:
            raise RegionError("a tag Name on every instance", f"{row['InstanceId']} has none", "add it in terraform/")
        if address not in self._region.cidr or address in reserved:
            raise RegionError(
                f"{tags['Name']} to have a private address in {self._region.cidr}, not one of the region's own",
                str(address),
                "set private_ip from the environment's derived values",
            )
        return Instance(row["InstanceId"], tags["Name"], address)

    def store_endpoints(self) -> list[tuple[str, str, int]]:
        """Each ElastiCache group as (id, host, port) of its primary endpoint."""
        groups = self._ask("elasticache", "describe_replication_groups").get("ReplicationGroups", [])
        return [
            (group["ReplicationGroupId"], node["PrimaryEndpoint"]["Address"], int(node["PrimaryEndpoint"]["Port"]))
            for group in groups
            for node in group.get("NodeGroups", [])
        ]

    def secret(self, name: str) -> str | None:
        """A secret's value, or None when there is no such secret."""
        value = self._ask("secretsmanager", "get_secret_value", SecretId=name).get("SecretString")
        return None if value is None else str(value)
