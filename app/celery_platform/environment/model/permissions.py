"""`pools.<name>.permissions`: what a pool's tasks may do in the account beside using the platform."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from celery_platform.environment.model.base import Closed, Label

# IAM reference, "Policy grammar": a service's prefix, a colon, an action with wildcards.
ACTION = re.compile(r"^[a-z0-9-]+:[A-Za-z0-9*?]+$")
# Services whose actions change who may do what. A task that has one of them has, in the end, all the others.
WHO_MAY_DO_WHAT = frozenset({"account", "iam", "identitystore", "organizations", "sso", "sso-directory"})


def _action(value: str) -> str:
    if not ACTION.match(value):
        raise ValueError("service:Action, such as dynamodb:GetItem; the service is named in full")
    if value.partition(":")[0] in WHO_MAY_DO_WHAT:
        raise ValueError(f"no action of {', '.join(sorted(WHO_MAY_DO_WHAT))}: it changes who may do what")
    return value


def _resource(value: str) -> str:
    if value != "*" and not re.match(r"^arn:[^:]+:[a-z0-9-]+:", value):
        raise ValueError("an ARN, or * for actions that know no resource")
    return value


Action = Annotated[str, AfterValidator(_action)]
Resource = Annotated[str, AfterValidator(_resource)]
Access = Literal["read", "write"]


class Statement(Closed):
    """One IAM statement that allows. `conditions` are operator -> key -> values.

    Example: `{actions: [dynamodb:GetItem], resources: ["arn:aws:dynamodb:eu-west-1:111122223333:table/orders"]}`
    """

    actions: tuple[Action, ...] = Field(min_length=1, description="such as s3:GetObject")
    resources: tuple[Resource, ...] = Field(min_length=1, description="ARNs")
    conditions: dict[str, dict[str, tuple[str, ...]]] = Field(
        default_factory=dict, description="as IAM has them: operator, key, values"
    )


class Permissions(Closed):
    """IAM statements of a pool, and what it may do with the application's buckets: unless said, read and write all."""

    statements: tuple[Statement, ...] = ()
    buckets: dict[Label, tuple[Access, ...]] | None = Field(
        default=None, description="bucket -> read, write; a bucket that is not named is closed to the pool"
    )
