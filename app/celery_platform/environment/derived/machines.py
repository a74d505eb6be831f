"""Machines: their sizes, their architecture, and the nodes on which a pool's pods run."""

import math

from celery_platform.environment.aws.sizes import ec2
from celery_platform.environment.derived import Json
from celery_platform.environment.model import Environment, Pool

# Node labels: Kubernetes' own, and the one that the platform's node groups and node pools set.
ARCHITECTURE_LABEL = "kubernetes.io/arch"
POOL_LABEL = "pool"
# While a new release starts, a pool has this part more of its workers: `maxSurge` in app/chart/templates/workers.yaml.
SURGE = 0.25


def architecture(env: Environment, instance_type: str) -> str:
    """A machine's architecture, under the name that Debian and Kubernetes use; a rule refuses sizes that do not exist.

    Example: `architecture(load("prod"), "m7g.large") == "arm64"`
    """
    said = env.account.instance_types.get(instance_type)
    kind = ec2().get(instance_type) if said is None else said.architecture
    return "arm64" if kind == "arm64" else "amd64"


def sizes(pool: Pool) -> list[str]:
    """The instance types of a pool; a rule guarantees at least one.

    Example: `sizes(load("prod").pools["cpu"]) == ["c7i.xlarge"]`
    """
    return list(pool.instance_types) or [size for size in (pool.instance_type,) if size]


def has_own_nodes(env: Environment, pool: Pool) -> bool:
    """Whether a pool on EKS has dedicated nodes.

    With managed node groups it does. In Auto Mode, the built-in node pool creates amd64 machines of any size on demand
    (EKS guide, "Enable or disable built-in NodePools"). A pool that needs anything else gets a node pool from the
    chart.
    """
    if pool.runs_on != "eks" or env.eks.existing is not None:
        return False
    arm = any(architecture(env, size) == "arm64" for size in sizes(pool))
    chosen = pool.capacity == "spot" or bool(pool.instance_types) or arm
    return env.eks.compute == "node_groups" or chosen


def machines(env: Environment, pool: Pool) -> Json:
    """A pool's machines as Terraform and the chart read them."""
    types = sizes(pool)
    kind = architecture(env, types[0])
    return {
        "instance_type": types[0],
        "instance_types": types,
        "capacity": pool.capacity,
        "architecture": kind,
        "own_nodes": has_own_nodes(env, pool),
        # One for each worker, and for those that start before others stop: otherwise a rollout at the maximum stalls.
        "max_nodes": pool.max + math.ceil(pool.max * SURGE),
    }


def node_selector(env: Environment, name: str, pool: Pool) -> Json:
    """The labels of the nodes on which a pool's pods run: its own nodes, or any node of its architecture.

    A cluster may have nodes of both architectures: an existing cluster, or one in Auto Mode if another pool needs them.
    An image for one architecture does not start on the other.
    """
    if pool.runs_on != "eks":
        return {}
    if has_own_nodes(env, pool):
        return {POOL_LABEL: name}
    return {ARCHITECTURE_LABEL: architecture(env, sizes(pool)[0])}


def architectures_on_eks(env: Environment) -> set[str]:
    """The architectures of the pools on EKS, for which the image is built."""
    return {architecture(env, size) for pool in env.pools.values() if pool.runs_on == "eks" for size in sizes(pool)}


def shared_node_selector(env: Environment) -> Json:
    """The labels of the nodes for pods that belong to no pool: beat, the exporter, the release command.

    These pods run the pools' image. If the pools have both architectures, the image runs on either.
    """
    kinds = architectures_on_eks(env)
    return {ARCHITECTURE_LABEL: kinds.pop()} if len(kinds) == 1 else {}
