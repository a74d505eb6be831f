"""`pools.<name>.permissions`: what a pool's tasks may do in the AWS account, in addition to using the platform."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from celery_platform.environment.model.base import Closed, Label

# IAM reference, "Policy grammar": a service's prefix, a colon, an action with wildcards.
ACTION = re.compile(r"^[a-z0-9-]+:[A-Za-z0-9*?]+$")
# Services whose actions change permissions. A task that may use one of them can grant itself everything else.
PERMISSION_SERVICES = frozenset({"account", "iam", "identitystore", "organizations", "sso", "sso-directory"})


def _action(value: str) -> str:
    if not ACTION.match(value):
        raise ValueError("service:Action, such as dynamodb:GetItem; the service without wildcards")
    if value.partition(":")[0] in PERMISSION_SERVICES:
        raise ValueError(f"no action of {', '.join(sorted(PERMISSION_SERVICES))}: these change permissions")
    return value


def _resource(value: str) -> str:
    if value != "*" and not re.match(r"^arn:[^:]+:[a-z0-9-]+:", value):
        raise ValueError("an ARN, or * for actions without resources")
    return value


Action = Annotated[str, AfterValidator(_action)]
Resource = Annotated[str, AfterValidator(_resource)]
Access = Literal["read", "write"]


class Statement(Closed):
    """One IAM statement with the effect Allow. `conditions` are operator -> key -> values.

    Example: `{actions: [dynamodb:GetItem], resources: ["arn:aws:dynamodb:eu-west-1:111122223333:table/orders"]}`
    """

    actions: tuple[Action, ...] = Field(min_length=1, description="such as s3:GetObject")
    resources: tuple[Resource, ...] = Field(min_length=1, description="ARNs")
    conditions: dict[str, dict[str, tuple[str, ...]]] = Field(
        default_factory=dict, description="as IAM has them: operator, key, values"
    )


class Permissions(Closed):
    """A pool's IAM statements, and its access to the application's buckets: by default, it may read and write all."""

    statements: tuple[Statement, ...] = ()
    buckets: dict[Label, tuple[Access, ...]] | None = Field(
        default=None, description="bucket -> read, write; the pool has no access to buckets that are not listed"
    )
