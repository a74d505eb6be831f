"""Section `delivery`: which CI pipeline may plan and apply, without long-lived credentials."""

from typing import Annotated

from pydantic import Field

from celery_platform.environment.model.base import Closed

# Exactly one subject: a pattern would admit other branches and repositories.
Subject = Annotated[str, Field(min_length=3, pattern=r"^[^*]+$")]


class Delivery(Closed):
    """A CI system's OpenID Connect issuer and the subjects that may assume the roles.

    Example: `{issuer: token.actions.githubusercontent.com, plan: "repo:acme/celery:pull_request",
    apply: "repo:acme/celery:environment:prod"}`
    """

    issuer: str = Field(pattern=r"^[a-z0-9.-]+(/[A-Za-z0-9._/-]+)?$", description="host and path, without https://")
    audience: str = Field(default="sts.amazonaws.com", description="for whom the issuer's tokens are")
    plan: str = Field(
        min_length=3, pattern=r"^[^*]+$", description="subject that may plan: it reads and changes nothing"
    )
    apply: str = Field(
        min_length=3, pattern=r"^[^*]+$", description="subject that may apply, within the permissions boundary"
    )
    existing_provider: bool = Field(
        default=False, description="the account already has this issuer as a provider; it can have only one"
    )
