"""What all sections share: they refuse unknown keys, and names and numbers have the same form everywhere."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

# The name is part of every AWS name. The tightest limit is a load balancer's: 32 characters for celery-<name>-broker
# (ELB API, CreateLoadBalancer). An IAM role may have 64, for celery-<name>-worker-<pool>. ElastiCache accepts neither
# two hyphens in a row nor one at the end (CreateReplicationGroup).
Name = Annotated[str, Field(pattern=r"^[a-z](-?[a-z0-9])*$", max_length=18)]
# Queue, pool and schedule names are also systemd instances, HCL keys and metric labels.
Label = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,29}$")]
Seconds = Annotated[int, Field(gt=0, le=43_200)]
Port = Annotated[int, Field(gt=0, lt=65_536)]


class Closed(BaseModel):
    """A section that refuses unknown keys, so that a typing error cannot become a silent default."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
