"""The whole file."""

from typing import Literal

from pydantic import Field

from app.environment.model.alerts import Alerts, Budget
from app.environment.model.base import Closed, Label, Name
from app.environment.model.broker import Broker
from app.environment.model.delivery import Delivery
from app.environment.model.eks import Eks
from app.environment.model.hosts import Hosts
from app.environment.model.logs import Logs
from app.environment.model.monitoring import Monitoring
from app.environment.model.network import Network
from app.environment.model.pools import Pool
from app.environment.model.queues import Queue, ScheduleEntry
from app.environment.model.results import Results
from app.environment.model.services import Services


class Environment(Closed):
    """Everything a person says about an environment. See `environments/README.md` for a tour.

    Example: `Environment.model_validate(yaml.safe_load(text))`; use `app.environment.load` for readable errors.
    """

    name: Name
    region: str = Field(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")
    owner: str
    network: Network
    broker: Broker
    results: Results
    hosts: Hosts = Hosts()
    eks: Eks = Eks()
    autoscaler: Literal["keda", "hpa"] = Field(default="keda", description="who scales the pools on EKS")
    pools: dict[Label, Pool] = Field(min_length=1)
    queues: dict[Label, Queue] = Field(min_length=1)
    schedule: dict[Label, ScheduleEntry] = Field(default_factory=dict)
    services: Services
    alerts: Alerts
    budget: Budget
    logs: Logs = Logs()
    delivery: Delivery | None = None
    destroy_lock: bool = Field(default=False, description="`make destroy` is refused while this is true")
    monitoring: Monitoring = Monitoring()
