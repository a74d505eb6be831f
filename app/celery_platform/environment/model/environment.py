"""The model of the whole environment file."""

from typing import Any, Literal

from pydantic import Field, model_validator

from celery_platform.environment.model.account import Account
from celery_platform.environment.model.alerts import Alerts, Budget
from celery_platform.environment.model.application import Application
from celery_platform.environment.model.base import Closed, Label, Name
from celery_platform.environment.model.broker import Broker
from celery_platform.environment.model.clients import Client
from celery_platform.environment.model.console import Console
from celery_platform.environment.model.delivery import Delivery
from celery_platform.environment.model.eks import Eks
from celery_platform.environment.model.hosts import Hosts
from celery_platform.environment.model.logs import Logs
from celery_platform.environment.model.monitoring import Monitoring
from celery_platform.environment.model.network import Network
from celery_platform.environment.model.outbox import Outbox
from celery_platform.environment.model.pools import MACHINES, Pool
from celery_platform.environment.model.processes import Process
from celery_platform.environment.model.queues import Queue
from celery_platform.environment.model.results import Results
from celery_platform.environment.model.schedule import ScheduleEntry
from celery_platform.environment.model.services import Services
from celery_platform.environment.model.tags import Tags, TagValue
from celery_platform.environment.model.timeline import Timeline
from celery_platform.environment.model.traces import Traces


class Environment(Closed):
    """Everything that a person configures in an environment. See `environments/README.md` for a tour.

    Example: `Environment.model_validate(yaml.safe_load(text))`; use `celery_platform.environment.load` for readable
    errors.
    """

    name: Name = Field(description="the name of its folder")
    region: str = Field(
        pattern=r"^[a-z]{2,4}(-[a-z]+)+-\d$", description="the AWS region that everything is in, such as eu-west-1"
    )
    owner: TagValue = Field(min_length=1, description="who is responsible for it; the tag Owner of every resource")
    tags: Tags = Field(default_factory=dict, description="tags of your own, on every resource")
    prefix: Name = Field(
        default="celery",
        description="with which the names of all resources begin, such as celery-prod-broker; two environments of one "
        "account still need different names",
    )
    project: TagValue = Field(
        default="celery-platform",
        min_length=1,
        description="the tag Project of every resource, by which costs are sorted",
    )
    application: Application
    network: Network
    broker: Broker
    results: Results
    hosts: Hosts = Hosts()
    eks: Eks = Eks()
    autoscaler: Literal["keda", "hpa"] = Field(default="keda", description="what scales the pools on EKS")
    pools: dict[Label, Pool] = Field(min_length=1)
    queues: dict[Label, Queue] = Field(min_length=1)
    schedule: dict[Label, ScheduleEntry] = Field(default_factory=dict)
    processes: dict[Label, Process] = Field(
        default_factory=dict, description="processes of the application beside its workers, such as a web server"
    )
    outbox: Outbox | None = None
    services: Services = Field(default_factory=dict)
    clients: dict[Label, Client] = Field(default_factory=dict, description="who else may publish tasks or read metrics")
    alerts: Alerts
    budget: Budget
    logs: Logs = Logs()
    traces: Traces = Traces()
    timeline: Timeline = Timeline()
    delivery: Delivery | None = None
    destroy_lock: bool = Field(
        default=False,
        description="refuse `make destroy`, and an apply that deletes data or stops several machines of a role",
    )
    monitoring: Monitoring = Monitoring()
    console: Console | None = None
    account: Account = Account()

    @property
    def own_prefix(self) -> str:
        """With which the names of this environment's resources begin.

        Example: `load("prod").own_prefix == "celery-prod"`
        """
        return f"{self.prefix}-{self.name}"

    @property
    def own_path(self) -> str:
        """With which the names of its SSM parameters begin.

        Example: `load("prod").own_path == "/celery/prod"`
        """
        return f"/{self.prefix}/{self.name}"

    @model_validator(mode="before")
    @classmethod
    def _pools_on_machines_of_another(cls, data: Any) -> Any:
        """Copy the keys about machines from the pool that `hosts_with` names. Rules report an invalid name."""
        pools = data.get("pools") if isinstance(data, dict) else None
        if not isinstance(pools, dict):
            return data
        return data | {"pools": {name: _with_machines(pool, pools) for name, pool in pools.items()}}


def _with_machines(pool: Any, pools: dict[str, Any]) -> Any:
    if not _shares_machines(pool):
        return pool
    owners = {name: each for name, each in pools.items() if isinstance(each, dict) and not _shares_machines(each)}
    # For a name that does not exist, any owner's keys will do: the rule should report the name, not missing keys.
    owner = owners.get(pool["hosts_with"]) or next(iter(owners.values()), {})
    return {name: owner[name] for name in MACHINES if name in owner} | pool


def _shares_machines(pool: Any) -> bool:
    return isinstance(pool, dict) and isinstance(pool.get("hosts_with"), str)
