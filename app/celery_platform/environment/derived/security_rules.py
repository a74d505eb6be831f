"""How many rules the largest security groups have. None grows with the number of pools.

Brokers and stores admit one group, which the hosts of all pools have, and the cluster's; so their rules grow only with
the clients of the environment file. The outbound rules of a pool's hosts grow with the services that its tasks call.
Terraform creates them (terraform/clients.tf and the modules' security.tf).
"""

from celery_platform.environment.derived.application import calls_of
from celery_platform.environment.derived.broker import asked_by_keda
from celery_platform.environment.derived.clients import clients
from celery_platform.environment.derived.egress import egress
from celery_platform.environment.derived.placement import owners, pools_on
from celery_platform.environment.derived.processes import on_machines_of
from celery_platform.environment.model import BrokerKind, Environment

# Ports between RabbitMQ nodes, and the rule that admits the load balancer.
RABBITMQ_PEERS = 4
# The rule that EKS itself gives the cluster's group, for its own members.
EKS_RULES = 1
ARCHIVE = ("0.0.0.0/0", 80)


def inbound(env: Environment) -> dict[str, int]:
    """The number of inbound rules of each group that clients connect to.

    Example: `inbound(load("prod"))["the result store"] == 3`: all worker hosts, pods and the monitoring host
    """
    who = clients(env)
    publishers, watchers = set(who["publish"]), set(who["watch"])
    workers = bool(owners(env)) + any(pool.runs_on == "eks" for pool in env.pools.values())
    monitors = int(env.monitoring.instance_type is not None)
    everyone = workers + monitors + len(publishers | watchers)
    found = {"the result store": everyone, "the hosts of a pool": monitors + len(watchers)}
    if any(pool.runs_on == "eks" for pool in env.pools.values()) and env.eks.existing is None:
        # The metrics of pods, and the API, through which Prometheus finds them.
        found["the cluster"] = EKS_RULES + 2 * (monitors + len(watchers))
    if env.broker.kind is BrokerKind.REDIS:
        found["the broker"] = everyone
    if env.broker.kind is BrokerKind.AMAZON_MQ:
        found["the broker"] = 2 * (workers + monitors) + len(publishers) + len(watchers)
    if env.broker.kind is BrokerKind.RABBITMQ:
        watched = 2 if env.broker.rabbitmq.tls else 1
        amqp = workers + monitors + len(publishers)  # `app tunnel` goes through the monitoring host
        behind_its_name = env.broker.rabbitmq.load_balancer and env.broker.rabbitmq.tls
        scalers = int(asked_by_keda(env) and behind_its_name)
        found["the broker"] = amqp + (workers + monitors + len(watchers)) * watched + RABBITMQ_PEERS + scalers
        found["the load balancer"] = amqp + scalers
    return found


def outbound(env: Environment) -> dict[str, int]:
    """The number of outbound rules of the hosts of each pool: one for each address range and port.

    Example: `outbound(load("prod"))["cpu"] == 7`
    """
    targets = egress(env)
    everywhere = [targets[name] for name in ("broker", "results", "aws", "traces")]
    resolvers = 2 * len(env.network.existing.resolvers) if env.network.existing is not None else 0
    found = {}
    for owner in owners(env):
        calls = {call for pool in pools_on(env, owner) for call in calls_of(env, pool)}
        calls |= {call for process in on_machines_of(env, owner).values() for call in process.calls}
        services = [targets["services"][call] for call in sorted(calls)]
        opened = {(target["cidr"], port) for target in [*everywhere, *services] for port in target["ports"]}
        found[owner] = len(opened | {ARCHIVE}) + resolvers
    return found
