"""Ask Service Quotas whether AWS raised the account's quotas as the environment file says."""

from collections.abc import Iterator

import boto3
from botocore.exceptions import ClientError
from celery_platform.environment import Environment
from celery_platform.environment.aws.regions import partition_of
from celery_platform.environment.errors import Problem
from celery_platform.environment.quotas import RAISED_ON_REQUEST, Quota

# IAM is a global service, whose quotas are those of one region of each partition (Service Quotas guide, "Viewing
# service quotas").
IAM_REGIONS = {"aws": "us-east-1", "aws-us-gov": "us-gov-west-1"}


def problems_of(env: Environment) -> Iterator[Problem]:
    """The quotas of the file that the account does not have, in the words of `make validate`."""
    for quota in RAISED_ON_REQUEST:
        said = env.account.quotas.applied(quota)
        if said == quota:
            continue
        granted = _granted(quota, IAM_REGIONS[partition_of(env.region)] if quota.service == "iam" else env.region)
        if granted < said.most:
            found = f"{said.most:,}, where the account has {granted:,}"
            request = f"--service-code {quota.service} --quota-code {quota.code}"
            allowed = f"at most {granted:,}, or a request: aws service-quotas request-service-quota-increase {request}"
            yield Problem(f"account.quotas.{quota.key}", found, allowed)


def _granted(quota: Quota, region: str) -> int:
    """What the account has. Service Quotas knows a value only where it may differ from the default."""
    client = boto3.client("service-quotas", region_name=region)
    try:
        answer = client.get_service_quota(ServiceCode=quota.service, QuotaCode=quota.code)
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchResourceException":
            raise
        return quota.most
    return int(answer["Quota"]["Value"])
