"""Section `pools`: the workers, and where they run."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from celery_platform.environment.model.application import Secrets, Variables
from celery_platform.environment.model.base import Closed, Label, Seconds
from celery_platform.environment.model.permissions import Permissions
from celery_platform.environment.model.windows import Window

# The keys about machines. A pool that runs on the machines of another pool takes them from it.
MACHINES = ("min", "max", "instance_type", "instance_types", "capacity")


def _require_machines_or_owner(schema: dict[str, Any]) -> None:
    """Require the keys about machines unless `hosts_with` names the pool that has them."""
    required = [name for name in schema["required"] if name in MACHINES]
    schema["required"] = [name for name in schema["required"] if name not in MACHINES]
    schema["anyOf"] = [{"required": required}, {"required": ["hosts_with"]}]


class Pool(Closed):
    """Workers with one resource profile. `concurrency` is per worker process tree; `min`/`max` count hosts or pods.

    `cpu` and `memory_mib` are the resources of one worker: a pod's requests and limits.
    """

    model_config = ConfigDict(json_schema_extra=_require_machines_or_owner)

    runs_on: Literal["eks", "hosts"] = Field(description="pods of the cluster, or EC2 hosts with systemd")
    type: Literal["prefork", "threads", "solo", "gevent", "turbo", "asyncio"] = Field(
        description="how a worker runs tasks beside each other"
    )
    concurrency: Annotated[int, Field(ge=1, le=500)] | Literal["auto"] = Field(
        description="tasks at a time; auto (prefork, turbo): one for each whole core of `cpu`"
    )
    min: int = Field(ge=0, le=100, description="workers, or hosts, that always run")
    max: int = Field(ge=1, le=100, description="workers that the autoscaler may start, or hosts")
    instance_type: str | None = Field(default=None, min_length=1, description="size of its machines")
    instance_types: tuple[str, ...] = Field(
        default=(),
        max_length=20,
        description="on EKS: sizes of one architecture, from which AWS picks an available one",
    )
    capacity: Literal["on_demand", "spot"] = Field(
        default="on_demand", description="spot, on EKS: cheaper, but AWS reclaims the nodes at two minutes' notice"
    )
    hosts_with: Label | None = Field(
        default=None,
        description="run on the machines of this pool, which determines their number and size",
    )
    workers_per_host: int = Field(
        default=1, ge=1, le=32, description="on hosts: the number of the pool's workers on each machine"
    )
    stop_timeout_seconds: Seconds | None = Field(
        default=None,
        description="time for running tasks when a worker stops; only for pools whose queues have no limit",
    )
    max_tasks_per_child: int | None = Field(
        default=None,
        ge=1,
        description="prefork, turbo: replace a child process after this many tasks; by default none is counted",
    )
    max_memory_per_child_mib: int | None = Field(
        default=None,
        ge=64,
        description="prefork, turbo: replace a child process that uses more memory, after its task; "
        "prefork: by default, one that has grown by its share of `memory_mib`",
    )
    prefetch_multiplier: int | None = Field(
        default=None,
        ge=1,
        le=64,
        description="messages prefetched per slot; by default 1, on turbo pools 64 or, on SQS and Redis, 20",
    )
    cpu: float = Field(default=1, ge=0.1, le=192, description="cores of one worker")
    memory_mib: int = Field(default=1024, ge=256, le=1_572_864, description="memory of one worker, MiB")
    scale_on: Literal["length", "wait"] = Field(
        default="length",
        description="length: workers for the number of unfinished tasks; wait, on EKS: as many as let tasks start "
        "within half of alerts.queue_wait_seconds, as long as tasks took lately",
    )
    backlog_per_worker: int | None = Field(
        default=None,
        ge=1,
        description="waiting and running tasks per worker above which one is added; by default 2 x concurrency; with "
        "scale_on: wait only until the first tasks have ended",
    )
    windows: dict[Label, Window] = Field(
        default_factory=dict, description="on EKS with KEDA: times with more workers than `min`"
    )
    variables: Variables = Field(
        default_factory=dict, description="added to the application's variables; one of the same name replaces it"
    )
    secrets: Secrets = Field(
        default_factory=dict, description="added to the application's secrets; one of the same name replaces it"
    )
    permissions: Permissions = Permissions()
