"""The subnets of each zone."""

from celery_platform.environment.aws.regions import usual_zones
from celery_platform.environment.derived import Json
from celery_platform.environment.derived.existing import existing_network, existing_zones
from celery_platform.environment.model import Environment

# One subnet is 1/16 of the VPC: three public, three private, ten spare.
SUBNET_BITS = 4
FIRST_PRIVATE_SUBNET = 8


def network(env: Environment) -> Json:
    """The section `network`: a public and a private subnet for each zone, or the existing private ones."""
    declared = env.network.model_dump(mode="json")
    if env.network.existing is not None:
        ids = existing_network(env.network.existing)
        return declared | {"zones": existing_zones(env.network.existing), "existing": ids}
    subnets = list(env.network.cidr.subnets(prefixlen_diff=SUBNET_BITS))
    zones = {
        zone: {
            "public_cidr": str(subnets[index]),
            "private_cidr": str(subnets[FIRST_PRIVATE_SUBNET + index]),
        }
        for index, zone in enumerate(usual_zones(env.region)[: env.network.zones])
    }
    return declared | {"zones": zones}
