"""Rules about `prefix`, with which the names of all resources begin."""

from collections.abc import Iterator

from celery_platform.environment.errors import Problem
from celery_platform.environment.model import Environment

# A load balancer's name has at most 32 characters (ELB API, CreateLoadBalancer): those of the prefix, the environment's
# name and the ending.
LONGEST = 32 - len("-broker")
# Systems Manager reserves parameter paths that begin like this, in any case (PutParameter); S3 these bucket names (S3
# guide, "General purpose bucket naming rules").
RESERVED = ("aws", "ssm", "sthree-", "amzn-s3-demo-")


def prefix_leaves_room(env: Environment) -> Iterator[Problem]:
    """The prefix is part of every name, and the shortest limit is that of a load balancer's name.

    Refused by: ELB, CreateLoadBalancer, ValidationError (32 characters).
    """
    if len(env.own_prefix) > LONGEST:
        most = LONGEST - len(env.name) - 1
        yield Problem("prefix", f"{env.prefix!r} before {env.name!r}", f"at most {most} characters")


def prefix_is_not_reserved(env: Environment) -> Iterator[Problem]:
    """Parameters and buckets must not begin as AWS's own do.

    Refused by: Systems Manager, PutParameter, ValidationException; S3, CreateBucket, InvalidBucketName.
    """
    for reserved in RESERVED:
        if env.own_prefix.startswith(reserved):
            yield Problem("prefix", repr(env.prefix), f"one that does not begin with {', '.join(RESERVED)}")


RULES = (prefix_leaves_room, prefix_is_not_reserved)
