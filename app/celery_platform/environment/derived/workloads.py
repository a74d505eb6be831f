"""Workloads: the processes and people that have an IAM role of their own, and everything the role must allow.

Terraform creates one IAM role per workload. Queues and secrets are given by their labels in this environment.
"""

from dataclasses import asdict, dataclass, field, replace

from celery_platform.environment.derived import Json
from celery_platform.environment.derived.application import needs_of, pool_needs
from celery_platform.environment.derived.drains import queues_of
from celery_platform.environment.derived.eks import NAMESPACE
from celery_platform.environment.derived.permissions import bucket_access, statements
from celery_platform.environment.derived.placement import pools_on
from celery_platform.environment.derived.policies import Policies
from celery_platform.environment.derived.processes import component, on_machines_of, placed
from celery_platform.environment.derived.queue_patterns import EVERY_DEAD_LETTER_QUEUE, EVERY_QUEUE
from celery_platform.environment.derived.secrets import secrets
from celery_platform.environment.model import Environment
from celery_platform.environment.model.application import Secrets, secret_use
from celery_platform.environment.model.processes import Placed, Process

# The secrets with which every process of the app logs in, in addition to those its tasks need.
LOGINS = ("broker_password", "results_password")
# The service account of KEDA's operator (keda.sh, "Deploying KEDA"). It reads backlogs with its own role.
KEDA = "keda/keda-operator"


@dataclass(frozen=True)
class Workload:
    """What one workload needs.

    `on` is who assumes the role: hosts, pods of a service account, or people. `service_account` is `namespace/name`.

    `receives`, `looks`, `sends` and `measures` are queues on SQS; on other brokers the broker's own user decides. A
    workload that only `looks` into a queue gives back each message and can delete none. `*` is every queue and `*-dlq`
    every dead letter queue, so that a workload that may use all of them needs no longer policy when there are more.
    `drains` are the queues of a worker: it receives from them, and sends to and measures their dead letter queues. They
    are in parts, because one policy cannot list many.

    `buckets` maps each of the application's buckets to read, write or both. `statements` are the IAM statements of the
    pool. A workload that `watches` may read CloudWatch metrics, such as the age of the oldest message. One that
    `finds_hosts` may list EC2 instances.
    """

    on: str
    service_account: str = ""
    secrets: tuple[str, ...] = ()
    receives: tuple[str, ...] = ()
    looks: tuple[str, ...] = ()
    sends: tuple[str, ...] = ()
    measures: tuple[str, ...] = ()
    drains: tuple[tuple[str, ...], ...] = ()
    discovers: bool = True
    buckets: dict[str, tuple[str, ...]] = field(default_factory=dict)
    statements: list[Json] = field(default_factory=list)
    watches: bool = False
    finds_hosts: bool = False


def workloads(env: Environment, prefix: str) -> Json:
    """Every workload by name.

    Example: `workloads(load("prod"), "celery-prod")["worker-io"]["on"] == "pods"`
    """
    facts = env.broker.kind.facts
    queues, dead = ((EVERY_QUEUE,), (EVERY_DEAD_LETTER_QUEUE,)) if facts.queues_in_iam else ((), ())
    names = secrets(env, prefix)
    logins = _logins(names)
    policies = Policies(env, prefix)
    found = {
        f"worker-{pool}": _worker(env, [pool] if _on_eks(env, pool) else pools_on(env, pool), policies, names)
        for pool in env.pools
        if env.pools[pool].hosts_with is None
    }
    if any(pool.runs_on == "eks" for pool in env.pools.values()):
        found |= _pods(env, queues, names) | _processes(env, queues, names)
        found["exporter"] = _monitor("pods", _own("exporter"), queues + dead, names)
    if env.console is not None and env.console.runs_on == "eks":
        found["console"] = _with_console(env, _monitor("pods", _own("console"), queues + dead, names), names)
    if env.monitoring.instance_type is not None:
        found["monitoring"] = replace(_monitor("hosts", "", queues + dead, names), finds_hosts=True)
    if env.console is not None and env.console.runs_on == "hosts":
        found["monitoring"] = _with_console(env, found["monitoring"], names)
    found["dead-letters"] = Workload("people", "", logins, receives=dead, sends=queues + dead, measures=queues + dead)
    if env.broker.self_managed is not None:
        # Its secrets are read on the machine that runs Ansible, not on the nodes.
        found["rabbitmq"] = Workload("hosts", discovers=False)
    return {name: asdict(workload) for name, workload in found.items()}


def _pods(env: Environment, queues: tuple[str, ...], names: Json) -> dict[str, Workload]:
    """The workloads that the chart runs in addition to the workers."""
    logins = _logins(names)
    application = _secrets(env.application.secrets)
    found = {
        # It sends scheduled tasks, and messages whose delay is longer than a queue may hold.
        "beat": Workload("pods", _own("beat"), logins + application, sends=queues),
        # A producer that somebody else's manifest runs in the cluster; those of the environment file have their own.
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
        # A Job of the chart. On hosts, the release command runs with the workers' role.
        found["release"] = Workload("pods", _own("release"), logins + application, buckets=bucket_access(env))
    if env.autoscaler == "keda":
        found["autoscaler"] = Workload("pods", KEDA, _login_to_look(names), measures=queues, discovers=False)
    return found


def _processes(env: Environment, queues: tuple[str, ...], names: Json) -> dict[str, Workload]:
    """The processes in pods. On hosts, they run with the workers' role, because a machine has one."""
    in_pods = {component(name, process): process for name, process in placed(env).items() if process.runs_on == "eks"}
    return {name: _process(env, name, process, queues, names) for name, process in in_pods.items()}


def _process(env: Environment, name: str, process: Placed, queues: tuple[str, ...], names: Json) -> Workload:
    """It sends to any queue. One of the application may also ask how long a queue is, and use buckets."""
    if not isinstance(process, Process):
        relay = _logins(names) + _secrets(env.application.secrets)
        return Workload("pods", _own(name), relay, sends=queues)
    needs = needs_of(env, process.calls, process.variables, process.secrets)
    return Workload(
        "pods",
        _own(name),
        _secrets_with(env, needs, names),
        sends=queues,
        measures=queues,
        buckets=bucket_access(env, process.permissions),
        statements=statements(process.permissions),
    )


def _secrets_with(env: Environment, needs: Json, names: Json) -> tuple[str, ...]:
    """Logins, the application's secrets except those that are replaced, and the process's own."""
    replaced = {name for own in needs.values() for name in own}
    application = {name: use for name, use in env.application.secrets.items() if name not in replaced}
    called = tuple(used["secret"] for used in needs["secrets"].values())
    return tuple(dict.fromkeys(_logins(names) + _secrets(application) + called))


def _worker(env: Environment, pools: list[str], policies: Policies, names: Json) -> Workload:
    """The workers of one pool, or of all pools on the same machines.

    They drain their own queues and send to any queue, because a task may call tasks of other pools. A machine has one
    role, so pools that share machines share it, and so do the processes that run there.
    """
    if _on_eks(env, pools[0]):
        secrets_read = _secrets_with(env, pool_needs(env, pools[0], env.pools[pools[0]]), names)
        permissions = [env.pools[pools[0]].permissions]
    else:
        beside = [one for one in on_machines_of(env, pools[0]).values() if isinstance(one, Process)]
        needs = [pool_needs(env, pool, env.pools[pool]) for pool in pools]
        needs += [needs_of(env, one.calls, one.variables, one.secrets) for one in beside]
        called = tuple(used["secret"] for need in needs for used in need["secrets"].values())
        secrets_read = tuple(dict.fromkeys(_logins(names) + _secrets(env.application.secrets) + called))
        permissions = [env.pools[pool].permissions for pool in pools] + [one.permissions for one in beside]
    worker = Workload(
        on="pods" if _on_eks(env, pools[0]) else "hosts",
        service_account=_own(f"worker-{pools[0]}") if _on_eks(env, pools[0]) else "",
        secrets=secrets_read,
        buckets=_all_access([bucket_access(env, one) for one in permissions]),
        statements=[statement for one in permissions for statement in statements(one)],
    )
    return _with_queues(env, policies, worker, pools) if env.broker.kind.facts.queues_in_iam else worker


def _with_queues(env: Environment, policies: Policies, worker: Workload, pools: list[str]) -> Workload:
    """The worker with what it may do with queues on SQS."""
    own = {label for pool in pools for label in queues_of(env, pool)}
    worker = replace(worker, sends=(EVERY_QUEUE,), measures=(EVERY_QUEUE,))
    if len(own) == len(env.queues):
        return replace(worker, drains=((EVERY_QUEUE,),))
    labels = [label for label in env.queues if label in own]
    return replace(worker, drains=policies.parts(asdict(worker), labels))


def _all_access(each: list[dict[str, tuple[str, ...]]]) -> dict[str, tuple[str, ...]]:
    """The union of several pools' access to each bucket."""
    labels = dict.fromkeys(label for access in each for label in access)
    return {label: tuple(sorted({may for access in each for may in access.get(label, ())})) for label in labels}


def _on_eks(env: Environment, pool: str) -> bool:
    return env.pools[pool].runs_on == "eks"


def _secrets(uses: Secrets) -> tuple[str, ...]:
    return tuple(dict.fromkeys(secret_use(use).name for use in uses.values()))


def _monitor(on: str, service_account: str, measured: tuple[str, ...], names: Json) -> Workload:
    """A workload that may measure every queue and change none."""
    return Workload(on, service_account, _read_only_logins(names), measures=measured, watches=bool(measured))


def _with_console(env: Environment, monitor: Workload, names: Json) -> Workload:
    """A workload that may also do what the console does.

    A message is read with the app's login: a broker has no user that may look at messages and take none.
    """
    assert env.console is not None  # noqa: S101 - as it is called
    secrets_read = tuple(dict.fromkeys(monitor.secrets + _logins(names)))
    if not env.broker.kind.facts.queues_in_iam:
        return replace(monitor, secrets=secrets_read)
    if not env.console.allow_actions:
        return replace(monitor, secrets=secrets_read, looks=(EVERY_DEAD_LETTER_QUEUE,))
    dead = (EVERY_DEAD_LETTER_QUEUE,)
    return replace(monitor, secrets=secrets_read, receives=dead, sends=(EVERY_QUEUE, *dead))


def _own(name: str) -> str:
    return f"{NAMESPACE}/{name}"


def _read_only_logins(names: Json) -> tuple[str, ...]:
    """The logins with the broker's read-only user instead of the app's, if there is one."""
    return _login_to_look(names) + tuple(label for label in _logins(names) if label != "broker_password")


def _login_to_look(names: Json) -> tuple[str, ...]:
    """The password of the broker's read-only user, or the app's if there is no such user; none without users."""
    return next(((label,) for label in ("monitoring_password", "broker_password") if label in names), ())


def _logins(names: Json) -> tuple[str, ...]:
    return tuple(label for label in LOGINS if label in names)
