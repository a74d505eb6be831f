"""What every section shares: it is closed, and its names and numbers have one form."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

# The name goes into every AWS name; SQS allows 80 characters and the longest suffix we add is about 50.
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,19}$")]
# Queue, pool and schedule names are also systemd instances, HCL keys and metric labels.
Label = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,29}$")]
Seconds = Annotated[int, Field(gt=0, le=43_200)]
Port = Annotated[int, Field(gt=0, lt=65_536)]


class Closed(BaseModel):
    """A section that refuses unknown keys, so that a typing error cannot become a silent default."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
