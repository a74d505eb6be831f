"""Rules about machines and their images."""

from collections.abc import Iterator

from celery_platform.environment.derived.machines import architecture, sizes
from celery_platform.environment.errors import Problem
from celery_platform.environment.model import BrokerKind, Environment


def pool_has_sizes_in_one_place(env: Environment) -> Iterator[Problem]:
    """One size, or a list of them: which of two statements counts would be anybody's guess."""
    for name, pool in env.pools.items():
        if (pool.instance_type is None) == (not pool.instance_types):
            found = "neither instance_type nor instance_types" if pool.instance_type is None else "both"
            yield Problem(f"pools.{name}.instance_type", found, "instance_type, or a list instance_types")


def sizes_have_one_architecture(env: Environment) -> Iterator[Problem]:
    """A node group has one machine image (EKS, CreateNodegroup amiType), and a pool's image is built for one."""
    for name, pool in env.pools.items():
        kinds = {size: architecture(size) for size in sizes(pool)}
        if len(set(kinds.values())) > 1:
            found = ", ".join(f"{size} ({kind})" for size, kind in kinds.items())
            yield Problem(f"pools.{name}.instance_types", found, "types of one architecture")


def hosts_have_one_size(env: Environment) -> Iterator[Problem]:
    """A host is one machine, made once; a list says what AWS may choose from whenever it makes another."""
    for name, pool in env.pools.items():
        if pool.runs_on == "hosts" and pool.instance_types:
            found = f"{', '.join(pool.instance_types)} on hosts"
            yield Problem(f"pools.{name}.instance_types", found, "one instance_type, or runs_on: eks")


def spot_is_for_nodes(env: Environment) -> Iterator[Problem]:
    """AWS takes a Spot instance away and brings none back; a host has a name and an address that nothing replaces.

    A node group does replace it, and drains it first (EKS guide, "Managed node groups", Spot). In a cluster that is
    there already its owner says what nodes are.
    """
    for name, pool in env.pools.items():
        if pool.capacity == "spot" and pool.runs_on == "hosts":
            allowed = "on_demand, or runs_on: eks: a host with a fixed address is not replaced when AWS takes it away"
            yield Problem(f"pools.{name}.capacity", "spot on hosts", allowed)
        if pool.capacity == "spot" and env.eks.existing is not None:
            allowed = "on_demand: which nodes a cluster has is said where it is made"
            yield Problem(f"pools.{name}.capacity", "spot beside eks.existing", allowed)


def instances_fit_the_image(env: Environment) -> Iterator[Problem]:
    """EC2 refuses an image of another architecture than the instance type's, where the file names one for all hosts."""
    types = {
        f"pools.{name}.instance_type": pool.instance_type
        for name, pool in env.pools.items()
        if pool.runs_on == "hosts" and pool.instance_type is not None
    }
    if env.broker.kind is BrokerKind.RABBITMQ:
        types["broker.rabbitmq.instance_type"] = env.broker.rabbitmq.instance_type
    if env.monitoring.instance_type is not None:
        types["monitoring.instance_type"] = env.monitoring.instance_type
    _, _, *stated = env.hosts.image.split("-")
    for path, found in types.items():
        if stated and stated != [architecture(found)]:
            allowed = f"a type for the image {env.hosts.image}, or an image without an architecture"
            yield Problem(path, f"{found} ({architecture(found)})", allowed)


RULES = (
    pool_has_sizes_in_one_place,
    sizes_have_one_architecture,
    hosts_have_one_size,
    spot_is_for_nodes,
    instances_fit_the_image,
)
