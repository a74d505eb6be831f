"""Determine the AWS account of a run before Terraform starts."""

import os
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

from runner.errors import RunError

# What the machine's firmware says of its maker.
VENDOR = Path("/sys/class/dmi/id/sys_vendor")


@dataclass(frozen=True)
class Account:
    """An account that accepted our credentials. `endpoint` is None for AWS itself."""

    number: str
    endpoint: str | None

    @property
    def on_this_machine(self) -> bool:
        """Whether the account is emulated on a loopback address, so that no real resources can be lost."""
        return self.endpoint is not None and _is_loopback(self.endpoint)


def _is_loopback(endpoint: str) -> bool:
    host = urlsplit(endpoint).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def has_credentials() -> bool:
    """Whether any credentials are configured: variables, files, a profile, single sign-on, or the role of an instance.

    The instance role is looked for on EC2 only, because elsewhere that takes seconds.
    """
    if _is_instance():
        return _has_credentials()
    hidden = os.environ.get("AWS_EC2_METADATA_DISABLED")
    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
    try:
        return _has_credentials()
    finally:
        if hidden is None:
            del os.environ["AWS_EC2_METADATA_DISABLED"]
        else:
            os.environ["AWS_EC2_METADATA_DISABLED"] = hidden


def _has_credentials() -> bool:
    try:
        return boto3.Session().get_credentials() is not None
    except (BotoCoreError, ClientError) as error:
        raise _refused(str(error)) from None


def _is_instance() -> bool:
    """Whether this machine is an EC2 instance (EC2 guide, "Detect whether a host is an EC2 instance")."""
    try:
        return VENDOR.read_text().startswith("Amazon EC2")
    except OSError:
        return False


def identify() -> Account:
    """The account of the configured credentials (GetCallerIdentity).

    Raises:
        RunError: the credentials are rejected, or the endpoint does not respond.
    """
    endpoint = os.environ.get("AWS_ENDPOINT_URL")
    config = Config(connect_timeout=5, read_timeout=10, retries={"total_max_attempts": 2})
    try:
        return Account(boto3.client("sts", config=config).get_caller_identity()["Account"], endpoint)
    except NoCredentialsError as error:
        raise _refused(str(error)) from None
    except ClientError as error:
        raise _refused(error.response["Error"].get("Message", str(error))) from None
    except BotoCoreError as error:
        if endpoint and _is_loopback(endpoint):
            raise RunError(f"the emulated AWS account at {endpoint}", "no answer", "run `make up`") from None
        raise _refused(str(error)) from None


def _refused(found: str) -> RunError:
    remedy = "log in again (`aws sso login`, or new keys), or unset AWS_* and AWS_PROFILE to plan without an account"
    return RunError("AWS credentials that GetCallerIdentity accepts", found, remedy)
