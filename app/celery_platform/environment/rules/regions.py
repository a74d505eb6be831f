"""Rules about the region, its partition and its zones."""

from collections.abc import Iterator

from celery_platform.environment.aws.regions import SUFFIX, as_of, partition_of, regions
from celery_platform.environment.errors import Problem
from celery_platform.environment.model import Environment
from celery_platform.environment.words import did_you_mean


def region_exists(env: Environment) -> Iterator[Problem]:
    """A region that does not exist has no endpoints: every call would end in a DNS error.

    Refused by: every AWS service (botocore, data/partitions.json).
    """
    if env.region not in regions():
        allowed = f"a region of AWS, as of {as_of()}, such as eu-west-1{did_you_mean(env.region, regions())}"
        yield Problem("region", repr(env.region), allowed)


def region_has_the_usual_service_names(env: Environment) -> Iterator[Problem]:
    """The modules name services `<service>.amazonaws.com`; in other partitions roles would trust nobody.

    Refused by: IAM, with MalformedPolicyDocument (botocore, data/partitions.json, dnsSuffix).
    """
    region = regions().get(env.region)
    if region is not None and region.suffix != SUFFIX:
        partitions = sorted({each.partition for each in regions().values() if each.suffix == SUFFIX})
        found = f"{region.name} in the partition {region.partition}, whose services end in {region.suffix}"
        yield Problem("region", found, f"a region of the partitions {', '.join(partitions)}")


def region_has_the_zones(env: Environment) -> Iterator[Problem]:
    """A new account has two zones in us-west-1, and elsewhere three or more.

    Refused by: EC2, CreateSubnet, InvalidParameterValue (EC2 guide, "Regions and Zones").
    """
    region = regions().get(env.region)
    if region is not None and env.network.existing is None and env.network.zones > len(region.usual):
        yield Problem("network.zones", f"{env.network.zones} in {region.name}", f"at most {len(region.usual)} there")


def arns_are_of_the_partition(env: Environment) -> Iterator[Problem]:
    """An ARN names its partition: `arn:aws:` in Europe, `arn:aws-us-gov:` in GovCloud. Another one matches nothing.

    Refused by: IAM, with MalformedPolicyDocument; silently useless in conditions (IAM guide, "IAM ARNs").
    """
    own = partition_of(env.region)
    for path, arn in _arns(env):
        partition = arn.split(":")[1]
        if partition not in (own, "*"):
            yield Problem(path, f"{arn}, of the partition {partition}", f"arn:{own}:..., the partition of {env.region}")


def _arns(env: Environment) -> Iterator[tuple[str, str]]:
    for name, pool in env.pools.items():
        for number, statement in enumerate(pool.permissions.statements):
            path = f"pools.{name}.permissions.statements.{number}.resources"
            yield from ((path, arn) for arn in statement.resources if arn.startswith("arn:"))
    yield from (("eks.admins", arn) for arn in env.eks.admins if arn.startswith("arn:"))


RULES = (region_exists, region_has_the_usual_service_names, region_has_the_zones, arns_are_of_the_partition)
