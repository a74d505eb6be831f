"""Section `queues`: the queues, their time limits and the pools that drain them."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from celery_platform.environment.model.base import Closed, Label, Seconds


def _listed(given: Any) -> Any:
    return (given,) if isinstance(given, str) else given


# One pool as a plain name, or several as a list.
PoolNames = Annotated[
    tuple[Label, ...],
    Field(min_length=1),
    BeforeValidator(_listed, json_schema_input_type=Label | tuple[Label, ...]),
]


def _limit(given: Any) -> Any:
    if given is None:
        raise ValueError("seconds, or the word none")
    return None if given == "none" else given


SoftLimit = Annotated[Seconds | None, BeforeValidator(_limit, json_schema_input_type=Seconds | Literal["none"])]


class Queue(Closed):
    """A queue and the pools that drain it. The time limits of every layer are derived from its soft limit.

    Example: `{pool: [io, burst], soft_time_limit_seconds: 60, calls: [database]}`
    """

    pool: PoolNames = Field(description="the pool that drains it, or a list of several")
    soft_time_limit_seconds: SoftLimit = Field(
        description="how long a task may take; none: without limit, on RabbitMQ only"
    )
    max_countdown_seconds: int = Field(
        default=300,
        ge=0,
        le=900,
        description="longest delay that the broker holds; longer ones are kept in the result store",
    )
    calls: tuple[Label, ...] = Field(
        default=(), description="names of the `services` that its tasks call; its workers can reach no others"
    )
    fifo: bool = Field(
        default=False,
        description="SQS only: the tasks of a message group run in order, one at a time; a call may choose its group",
    )
    priorities: int = Field(
        default=1, ge=1, le=2, description="2: calls with a priority of 5 to 9 overtake those that are waiting"
    )
    max_deliveries: int = Field(
        default=5, ge=1, le=100, description="deliveries after which a message goes to the dead letter queue"
    )
