"""What every section shares: it is closed, and its names and numbers have one form."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

# The name goes into every AWS name. Shortest is a load balancer's, 32 characters for celery-<name>-broker (ELB API,
# CreateLoadBalancer); an IAM role's has 64, for celery-<name>-worker-<pool>. ElastiCache takes no two hyphens in a row
# and none at the end (CreateReplicationGroup).
Name = Annotated[str, Field(pattern=r"^[a-z](-?[a-z0-9])*$", max_length=18)]
# Queue, pool and schedule names are also systemd instances, HCL keys and metric labels.
Label = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,29}$")]
Seconds = Annotated[int, Field(gt=0, le=43_200)]
Port = Annotated[int, Field(gt=0, lt=65_536)]


class Closed(BaseModel):
    """A section that refuses unknown keys, so that a typing error cannot become a silent default."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
