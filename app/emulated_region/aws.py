"""A client of the account behind the endpoint."""

from dataclasses import dataclass
from ipaddress import IPv4Address
from itertools import pairwise
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from emulated_region.errors import RegionError
from emulated_region.plan import Region


@dataclass(frozen=True)
class Instance:
    """A running EC2 instance; `name` is its Name tag."""

    instance_id: str
    name: str
    address: IPv4Address


@dataclass(frozen=True)
class StoreUser:
    """A user of an ElastiCache group; `access` is its access string."""

    name: str
    access: str


@dataclass(frozen=True)
class StoreGroup:
    """An ElastiCache replication group at its primary endpoint. Without users, everybody has all rights."""

    name: str
    address: str
    port: int
    encrypted: bool
    users: tuple[StoreUser, ...]


class Account:
    """Reads the account. Every error is a RegionError with the service and the operation."""

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
            raise RegionError(f"{service} to respond to {operation}", str(error), "`python -m emulated_region status`") from None
        except BotoCoreError as error:
            raise RegionError(
                f"AWS to respond at {region.endpoint}", str(error), "run `python -m emulated_region start`"
            ) from None
        return answer

    def instances(self) -> list[Instance]:
        """The environment's running instances by name.

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
                    "terminate the one that is not in Terraform's state",
                )
        return found

    def _instance(self, row: dict[str, Any]) -> Instance:
        tags = {tag["Key"]: tag["Value"] for tag in row.get("Tags", [])}
        address = IPv4Address(row["PrivateIpAddress"])
        region = self._region
        reserved = {
            region.emulator_address, region.valkey_address, region.outside_address, region.broker_address,
        }  # fmt: skip
        if "Name" not in tags:
            raise RegionError("a tag Name on every instance", f"{row['InstanceId']} has none", "add it in terraform/")
        if address not in self._region.cidr or address in reserved:
            raise RegionError(
                f"{tags['Name']} to have a private address in {self._region.cidr}, not one of the region's own",
                str(address),
                "set private_ip from the environment's derived values",
            )
        return Instance(row["InstanceId"], tags["Name"], address)

    def store_groups(self) -> list[StoreGroup]:
        """The ElastiCache replication groups."""
        groups = self._ask("elasticache", "describe_replication_groups").get("ReplicationGroups", [])
        return [
            StoreGroup(
                group["ReplicationGroupId"],
                node["PrimaryEndpoint"]["Address"],
                int(node["PrimaryEndpoint"]["Port"]),
                bool(group.get("TransitEncryptionEnabled")),
                self._store_users(group.get("UserGroupIds") or []),
            )
            for group in groups
            for node in group.get("NodeGroups", [])
        ]

    def _store_users(self, user_groups: list[str]) -> tuple[StoreUser, ...]:
        ids = {
            user
            for name in user_groups
            for found in self._ask("elasticache", "describe_user_groups", UserGroupId=name).get("UserGroups", [])
            for user in found["UserIds"]
        }
        users = [
            user
            for one in sorted(ids)
            for user in self._ask("elasticache", "describe_users", UserId=one).get("Users", [])
        ]
        return tuple(StoreUser(user["UserName"], user["AccessString"]) for user in users)

    def message_brokers(self) -> set[str]:
        """The names of the Amazon MQ brokers."""
        return {broker["BrokerName"] for broker in self._ask("mq", "list_brokers").get("BrokerSummaries", [])}

    def parameter(self, name: str) -> str:
        """An SSM parameter's value; empty if it does not exist."""
        try:
            return str(self._ask("ssm", "get_parameter", Name=name)["Parameter"]["Value"])
        except RegionError as error:
            if "ParameterNotFound" in str(error):
                return ""
            raise

    def secret(self, name: str) -> str | None:
        """A secret's value, or None if the secret does not exist."""
        value = self._ask("secretsmanager", "get_secret_value", SecretId=name).get("SecretString")
        return None if value is None else str(value)

    def put_secret(self, name: str, value: str) -> None:
        """Set the value of an existing secret."""
        self._ask("secretsmanager", "put_secret_value", SecretId=name, SecretString=value)
