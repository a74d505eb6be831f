"""Workloads: everything that runs or is run with a role of its own, and all that the role must allow.

Terraform turns each into one IAM role. Queues and secrets are labels of this environment.
"""

from dataclasses import asdict, dataclass, field, replace

from celery_platform.environment.derived import Json
from celery_platform.environment.derived.application import pool_needs
from celery_platform.environment.derived.drains import queues_of
from celery_platform.environment.derived.eks import NAMESPACE
from celery_platform.environment.derived.permissions import bucket_access, statements
from celery_platform.environment.derived.placement import pools_on
from celery_platform.environment.derived.secrets import secrets
from celery_platform.environment.model import BrokerKind, Environment
from celery_platform.environment.model.application import Secrets, secret_use

# What every process of the app logs in with, besides what its tasks need.
LOGINS = ("broker_password", "results_password")
# Where KEDA's chart puts its operator (keda.sh, "Deploying KEDA"). It reads backlogs with a role of its own.
KEDA = "keda/keda-operator"


@dataclass(frozen=True)
class Workload:
    """What one workload needs. `on` says who takes the role: hosts, pods of a service account, or people.

    A pod's `service_account` is `namespace/name`. `receives`, `sends` and `measures` are queues on SQS (`-dlq` for a
    dead letter queue); elsewhere the broker's own user decides. `buckets` are the application's, each read, written or
    both; `statements` are IAM's, of the pool's own.
    Who `watches` reads CloudWatch's metrics, which know the age of the oldest message; who `finds_hosts` lists
    instances.
    """

    on: str
    service_account: str = ""
    secrets: tuple[str, ...] = ()
    receives: tuple[str, ...] = ()
    sends: tuple[str, ...] = ()
    measures: tuple[str, ...] = ()
    discovers: bool = True
    buckets: dict[str, tuple[str, ...]] = field(default_factory=dict)
    statements: list[Json] = field(default_factory=list)
    watches: bool = False
    finds_hosts: bool = False


def workloads(env: Environment, prefix: str) -> Json:
    """Every workload by name.

    Example: `workloads(load("prod"), "celery-prod")["worker-io"]["on"] == "pods"`
    """
    queues = tuple(env.queues) if env.broker.kind is BrokerKind.SQS else ()
    dead = tuple(f"{queue}-dlq" for queue in queues)
    names = secrets(env, prefix)
    logins = _logins(names)
    found = {
        f"worker-{pool}": _worker(env, [pool] if _on_eks(env, pool) else pools_on(env, pool), queues, names)
        for pool in env.pools
        if env.pools[pool].hosts_with is None
    }
    if any(pool.runs_on == "eks" for pool in env.pools.values()):
        found |= _pods(env, queues, names)
        found["exporter"] = _looker("pods", _own("exporter"), queues + dead, names)
    if env.monitoring.instance_type is not None:
        found["monitoring"] = replace(_looker("hosts", "", queues + dead, names), finds_hosts=True)
    found["dead-letters"] = Workload("people", "", logins, receives=dead, sends=queues + dead, measures=queues + dead)
    if env.broker.kind is BrokerKind.RABBITMQ:
        # Its secrets are read where Ansible runs, and by nobody on the machines.
        found["rabbitmq"] = Workload("hosts", discovers=False)
    return {name: asdict(workload) for name, workload in found.items()}


def _pods(env: Environment, queues: tuple[str, ...], names: Json) -> dict[str, Workload]:
    """What the chart runs beside the workers."""
    logins = _logins(names)
    application = _secrets(env.application.secrets)
    found = {
        # It sends what is scheduled, and whatever was delayed for longer than a queue may hold.
        "beat": Workload("pods", _own("beat"), logins + application, sends=queues),
        "producer": Workload(
            "pods",
            _own("producer"),
            logins + application,
            sends=queues,
            measures=queues,
            buckets=bucket_access(env),
        ),
    }
    if env.application.release:
        # A Job of the chart's; on hosts the release command runs with the role of the workers there.
        found["release"] = Workload("pods", _own("release"), logins + application, buckets=bucket_access(env))
    if env.autoscaler == "keda":
        held = tuple(label for label in ("broker_password",) if label in names)
        found["autoscaler"] = Workload("pods", KEDA, held, measures=queues, discovers=False)
    return found


def _worker(env: Environment, pools: list[str], queues: tuple[str, ...], names: Json) -> Workload:
    """A pool's workers drain its own queues, send to any (a task starts tasks of other pools) and bury their dead.

    A machine has one role, so pools that share machines share it, with whatever else the application runs there.
    """
    own = {label for pool in pools for label in queues_of(env, pool)}
    needs = {pool: pool_needs(env, pool, env.pools[pool]) for pool in pools}
    called = tuple(used["secret"] for need in needs.values() for used in need["secrets"].values())
    on_eks = _on_eks(env, pools[0])
    replaced = {name for names in needs[pools[0]].values() for name in names} if on_eks else set()
    application = {name: use for name, use in env.application.secrets.items() if name not in replaced}
    drained = tuple(queue for queue in queues if queue in own)
    return Workload(
        on="pods" if on_eks else "hosts",
        service_account=_own(f"worker-{pools[0]}") if on_eks else "",
        secrets=tuple(dict.fromkeys(_logins(names) + _secrets(application) + called)),
        receives=drained,
        sends=queues + tuple(f"{queue}-dlq" for queue in drained),
        measures=queues + tuple(f"{queue}-dlq" for queue in drained),
        buckets=_all_access([bucket_access(env, env.pools[pool]) for pool in pools]),
        statements=[statement for pool in pools for statement in statements(env.pools[pool])],
    )


def _all_access(each: list[dict[str, tuple[str, ...]]]) -> dict[str, tuple[str, ...]]:
    """What any of several pools may do with each bucket."""
    labels = dict.fromkeys(label for access in each for label in access)
    return {label: tuple(sorted({may for access in each for may in access.get(label, ())})) for label in labels}


def _on_eks(env: Environment, pool: str) -> bool:
    return env.pools[pool].runs_on == "eks"


def _secrets(uses: Secrets) -> tuple[str, ...]:
    return tuple(dict.fromkeys(secret_use(use).name for use in uses.values()))


def _looker(on: str, service_account: str, measured: tuple[str, ...], names: Json) -> Workload:
    """Who sees every queue and touches none."""
    return Workload(on, service_account, _looks(names), measures=measured, watches=bool(measured))


def _own(name: str) -> str:
    return f"{NAMESPACE}/{name}"


def _looks(names: Json) -> tuple[str, ...]:
    """As the user who may only look, where the broker has one."""
    own = "monitoring_password"
    return tuple(own if label == "broker_password" and own in names else label for label in _logins(names))


def _logins(names: Json) -> tuple[str, ...]:
    return tuple(label for label in LOGINS if label in names)
