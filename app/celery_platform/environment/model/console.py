"""Section `console`."""

from typing import Literal

from pydantic import Field

from celery_platform.environment.model.base import Closed


class Console(Closed):
    """The pages of `app console` as a service, which people reach on loopback through Session Manager or kubectl.

    There is none by default, because it may do more than the monitoring host or the exporter: whoever reads a
    dead-lettered message needs the login with which tasks are sent.

    Example: `{runs_on: hosts}`
    """

    runs_on: Literal["hosts", "eks"] = Field(description="hosts: the monitoring host; eks: a pod beside the workers")
    allow_actions: bool = Field(
        default=False, description="let people replay dead-lettered messages and pause queues; otherwise it only shows"
    )
    load_balancer: str | None = Field(
        default=None,
        pattern=r"^arn:aws:elasticloadbalancing:[a-z]{2}(-[a-z]+)+-\d:\d{12}:loadbalancer/app/[\w-]+/[0-9a-f]{16}$",
        description="ARN of an Application Load Balancer before the pod that signs people in (OIDC)",
    )
