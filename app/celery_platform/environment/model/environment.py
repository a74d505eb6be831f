"""The whole file."""

from typing import Literal

from pydantic import Field

from celery_platform.environment.model.alerts import Alerts, Budget
from celery_platform.environment.model.application import Application
from celery_platform.environment.model.base import Closed, Label, Name
from celery_platform.environment.model.broker import Broker
from celery_platform.environment.model.clients import Client
from celery_platform.environment.model.delivery import Delivery
from celery_platform.environment.model.eks import Eks
from celery_platform.environment.model.hosts import Hosts
from celery_platform.environment.model.logs import Logs
from celery_platform.environment.model.monitoring import Monitoring
from celery_platform.environment.model.network import Network
from celery_platform.environment.model.pools import Pool
from celery_platform.environment.model.queues import Queue, ScheduleEntry
from celery_platform.environment.model.results import Results
from celery_platform.environment.model.services import Services
from celery_platform.environment.model.tags import Tags


class Environment(Closed):
    """Everything a person says about an environment. See `environments/README.md` for a tour.

    Example: `Environment.model_validate(yaml.safe_load(text))`; use `celery_platform.environment.load` for readable
    errors.
    """

    name: Name
    region: str = Field(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")
    owner: str
    tags: Tags = Field(default_factory=dict, description="tags of your own, on everything that is made")
    application: Application
    network: Network
    broker: Broker
    results: Results
    hosts: Hosts = Hosts()
    eks: Eks = Eks()
    autoscaler: Literal["keda", "hpa"] = Field(default="keda", description="who scales the pools on EKS")
    pools: dict[Label, Pool] = Field(min_length=1)
    queues: dict[Label, Queue] = Field(min_length=1)
    schedule: dict[Label, ScheduleEntry] = Field(default_factory=dict)
    services: Services = Field(default_factory=dict)
    clients: dict[Label, Client] = Field(default_factory=dict, description="who else may publish or watch")
    alerts: Alerts
    budget: Budget
    logs: Logs = Logs()
    delivery: Delivery | None = None
    destroy_lock: bool = Field(default=False, description="`make destroy` is refused while this is true")
    monitoring: Monitoring = Monitoring()
