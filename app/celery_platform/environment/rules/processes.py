"""Rules about the application's processes and the relay of its outbox: what runs, and that there is room for it."""

from collections.abc import Iterator

from celery_platform.environment.derived.drains import workers
from celery_platform.environment.derived.placement import metrics_port, owners, pools_on
from celery_platform.environment.derived.processes import RELAY, machines_of, on_machines_of, replicas, with_paths
from celery_platform.environment.errors import Problem
from celery_platform.environment.model import Environment
from celery_platform.environment.model.processes import Process


def command_begins_with_a_program(env: Environment) -> Iterator[Problem]:
    """The first word of a command is what the kernel executes; the process would end at once, again and again.

    Refused by: the kernel, execve(2), ENOENT, on the host or in the pod.
    """
    for name, process in env.processes.items():
        if not process.command[0].strip():
            yield Problem(f"processes.{name}.command", "an empty first word", "a program, then its arguments")


def process_has_a_name_of_its_own(env: Environment) -> Iterator[Problem]:
    """A name stands for one thing in commands, metrics and logs; the relay of the outbox is the process `relay`."""
    for name in env.processes:
        if name in env.pools:
            yield Problem(f"processes.{name}", f"{name}, which is a pool, too", "another name")
        if name == RELAY:
            yield Problem(f"processes.{name}", f"{name}, the relay of the outbox", "another name, or the key outbox")


def process_on_eks_has_a_name_kubernetes_takes(env: Environment) -> Iterator[Problem]:
    """The names of Deployments, Services and ServiceAccounts are DNS labels (RFC 1123), without underscores.

    Refused by: Kubernetes ("Object Names and IDs").
    """
    for name, process in env.processes.items():
        if process.runs_on == "eks" and "_" in name:
            yield Problem(f"processes.{name}", "an underscore in the name of a process on EKS", "letters and digits")


def processes_on_eks_have_a_cluster(env: Environment) -> Iterator[Problem]:
    """The cluster, its nodes and the image are made for pools on EKS, with the architecture of their machines."""
    if any(pool.runs_on == "eks" for pool in env.pools.values()):
        return
    for path, process in with_paths(env):
        if process.runs_on == "eks":
            yield Problem(f"{path}.runs_on", "eks without a pool that runs on eks", "hosts, or a pool on eks")


def processes_on_hosts_have_machines(env: Environment) -> Iterator[Problem]:
    """Machines belong to pools: a process runs beside the workers of one pool, with the role of its machines."""
    found = owners(env)
    allowed = f"hosts_with: one of {', '.join(found)}" if found else "eks, or a pool on hosts"
    for path, process in with_paths(env):
        if process.runs_on == "eks" and process.hosts_with is not None:
            yield Problem(f"{path}.hosts_with", "a process that runs on eks", "runs_on: hosts, or no hosts_with")
        elif process.runs_on == "hosts" and process.hosts_with is not None and process.hosts_with not in found:
            yield Problem(f"{path}.hosts_with", repr(process.hosts_with), f"a pool with machines of its own; {allowed}")
        elif process.runs_on == "hosts" and machines_of(env, process) is None:
            said = f"hosts, with {len(found)} pools that have machines" if found else "hosts, with no pool on hosts"
            yield Problem(f"{path}.runs_on", said, allowed)


def replicas_have_a_machine_each(env: Environment) -> Iterator[Problem]:
    """On hosts, one of a process runs on each machine: two could not listen at the same port."""
    for path, process in with_paths(env):
        owner = machines_of(env, process)
        if owner not in env.pools or process.runs_on != "hosts":
            continue
        most = env.pools[owner].min
        if replicas(env, process) > most:
            allowed = f"at most {most}, the number of machines of {owner}; or more machines"
            yield Problem(f"{path}.replicas", str(process.replicas), allowed)


def process_listens_at_a_free_port(env: Environment) -> Iterator[Problem]:
    """Of two processes on a machine, only the first can listen at a port; workers serve their metrics there, too.

    Refused by: the kernel, bind(2), EADDRINUSE, on the host.
    """
    for owner in owners(env):
        taken = {
            metrics_port(env, pool) + number: f"the metrics of pool {pool}"
            for pool in pools_on(env, owner)
            for number in range(workers(env.pools[pool]))
        }
        for name, process in on_machines_of(env, owner).items():
            if not isinstance(process, Process) or process.port is None:
                continue
            if process.port in taken:
                found = f"{process.port}, at which {taken[process.port]} are already served on machines of {owner}"
                yield Problem(f"processes.{name}.port", found, "another port")
            taken.setdefault(process.port, f"answers of process {name}")


def health_path_has_a_port(env: Environment) -> Iterator[Problem]:
    """A probe asks for the path at the port; without one, the key would have no effect."""
    for name, process in env.processes.items():
        if process.health_path is not None and process.port is None:
            yield Problem(
                f"processes.{name}.health_path", f"{process.health_path} without a port", "port: 8000, or none"
            )


RULES = (
    command_begins_with_a_program,
    process_has_a_name_of_its_own,
    process_on_eks_has_a_name_kubernetes_takes,
    processes_on_eks_have_a_cluster,
    processes_on_hosts_have_machines,
    replicas_have_a_machine_each,
    process_listens_at_a_free_port,
    health_path_has_a_port,
)
