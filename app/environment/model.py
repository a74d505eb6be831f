"""The shape of `environments/<name>/environment.yml`: typed and closed (an unknown key is an error)."""

from enum import StrEnum
from ipaddress import IPv4Network
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

# The name goes into every AWS name; SQS allows 80 characters and the longest suffix we add is about 50.
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,19}$")]
# Queue, pool and schedule names are also systemd instances, HCL keys and metric labels.
Label = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,29}$")]
Seconds = Annotated[int, Field(gt=0, le=43_200)]
Port = Annotated[int, Field(gt=0, lt=65_536)]


class Closed(BaseModel):
    """A section that refuses unknown keys, so that a typing error cannot become a silent default."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class BrokerKind(StrEnum):
    """Which broker carries the tasks. Changing it is a one-line diff."""

    SQS = "sqs"
    AMAZON_MQ = "amazon_mq"
    RABBITMQ = "rabbitmq"
    REDIS = "redis"


class Network(Closed):
    """The VPC. `zones` is how many availability zones it spans; `nat` how private subnets reach the internet."""

    cidr: IPv4Network
    zones: int = Field(ge=2, le=3)
    nat: Literal["single", "per_zone"] = "single"


class RabbitMQ(Closed):
    """Self-managed RabbitMQ on EC2 hosts."""

    version: str = Field(default="4.0", pattern=r"^\d+\.\d+$")
    nodes: int = Field(default=3, ge=1, le=7)
    instance_type: str = "m7g.large"
    volume_gib: int = Field(default=50, ge=8, le=16_384, description="data volume of each node, GiB")
    replication: Literal["quorum", "mirrored"] = "quorum"


class AmazonMQ(Closed):
    """Amazon MQ for RabbitMQ."""

    version: str = Field(default="4.2", pattern=r"^\d+\.\d+$")
    instance_type: str = Field(default="mq.m7g.medium", pattern=r"^mq\.")
    deployment: Literal["single", "cluster"] = "cluster"


class RedisBroker(Closed):
    """A Valkey replication group of its own for messages, apart from the result store."""

    node_type: str = Field(default="cache.t4g.micro", pattern=r"^cache\.")
    replicas: int = Field(default=1, ge=0, le=5)


class Broker(Closed):
    """The broker in use (`kind`) and the settings of each kind, kept side by side so that switching is one line."""

    kind: BrokerKind
    rabbitmq: RabbitMQ = RabbitMQ()
    amazon_mq: AmazonMQ = AmazonMQ()
    redis: RedisBroker = RedisBroker()


class Results(Closed):
    """The result store, a Valkey replication group. Results live `expires_hours`, then are removed."""

    node_type: str = Field(pattern=r"^cache\.")
    replicas: int = Field(default=1, ge=0, le=5)
    expires_hours: int = Field(default=24, ge=1, le=168)


class Hosts(Closed):
    """How hosts are reached and what they boot. `connection` is an Ansible connection plugin."""

    connection: Literal["amazon.aws.aws_ssm", "ansible.builtin.ssh", "containers.podman.podman"] = "amazon.aws.aws_ssm"
    image: str = Field(default="debian-13-amd64", pattern=r"^debian-1[23]-(amd64|arm64)$")


class Pool(Closed):
    """Workers with one resource profile. `concurrency` is per worker process tree; `min`/`max` count hosts or pods."""

    runs_on: Literal["eks", "hosts"]
    type: Literal["prefork", "threads", "solo"]
    concurrency: int = Field(ge=1, le=500)
    min: int = Field(ge=0, le=100)
    max: int = Field(ge=1, le=100)
    instance_type: str
    max_tasks_per_child: int = Field(default=500, ge=1, description="prefork only: recycle a child after so many tasks")
    prefetch_multiplier: int = Field(default=1, ge=1, le=64)


class Queue(Closed):
    """A queue and the pool that drains it. The time limits of every layer are derived from its soft limit."""

    pool: Label
    soft_time_limit_seconds: Seconds
    max_countdown_seconds: int = Field(default=300, ge=0, le=900, description="longest countdown or retry delay")
    max_deliveries: int = Field(default=5, ge=1, le=100, description="then the message goes to the dead letter queue")


class ScheduleEntry(Closed):
    """A task that beat sends. `cron` has the five usual fields, in UTC."""

    task: str
    queue: Label
    cron: str = Field(pattern=r"^\S+ \S+ \S+ \S+ \S+$")


class Services(Closed):
    """What the tasks call outside the environment. Credentials are not here but in Secrets Manager."""

    payment_gateway_url: str = Field(pattern=r"^https?://")
    metrics_api_url: str = Field(pattern=r"^https?://")
    metrics_rate_per_minute: int = Field(gt=0, description="the quota of the metrics API, shared by all workers")
    smtp_host: str
    smtp_port: Port


class Alerts(Closed):
    """Thresholds of the alerts and who is told."""

    queue_length: int = Field(gt=0)
    queue_wait_seconds: Seconds
    failure_ratio: float = Field(gt=0, lt=1)
    notify: str


class Budget(Closed):
    """The monthly cost at which someone is told."""

    monthly_usd: int = Field(gt=0)


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
    pools: dict[Label, Pool] = Field(min_length=1)
    queues: dict[Label, Queue] = Field(min_length=1)
    schedule: dict[Label, ScheduleEntry] = {}
    services: Services
    alerts: Alerts
    budget: Budget
