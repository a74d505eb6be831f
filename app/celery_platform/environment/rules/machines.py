"""Rules about machines and their images."""

from collections.abc import Iterator

from celery_platform.environment.derived.machines import architecture, sizes
from celery_platform.environment.errors import Problem
from celery_platform.environment.model import Environment


def pool_has_sizes_in_one_place(env: Environment) -> Iterator[Problem]:
    """Either one size or a list of sizes: with both keys, it would be unclear which applies."""
    for name, pool in env.pools.items():
        if (pool.instance_type is None) == (not pool.instance_types):
            found = "neither instance_type nor instance_types" if pool.instance_type is None else "both"
            yield Problem(f"pools.{name}.instance_type", found, "instance_type, or a list instance_types")


def sizes_have_one_architecture(env: Environment) -> Iterator[Problem]:
    """A node group has one AMI (EKS, CreateNodegroup amiType), and a pool's container image has one architecture.

    Refused by: EKS, CreateNodegroup, InvalidParameterException.
    """
    for name, pool in env.pools.items():
        kinds = {size: architecture(env, size) for size in sizes(pool)}
        if len(set(kinds.values())) > 1:
            found = ", ".join(f"{size} ({kind})" for size, kind in kinds.items())
            yield Problem(f"pools.{name}.instance_types", found, "types of one architecture")


def hosts_have_one_size(env: Environment) -> Iterator[Problem]:
    """A host is a single machine, created once. A list only helps where AWS replaces machines and may choose a size."""
    for name, pool in env.pools.items():
        if pool.runs_on == "hosts" and pool.instance_types:
            found = f"{', '.join(pool.instance_types)} on hosts"
            yield Problem(f"pools.{name}.instance_types", found, "one instance_type, or runs_on: eks")


def spot_is_for_nodes(env: Environment) -> Iterator[Problem]:
    """When AWS reclaims a Spot instance, nothing replaces a host with its fixed name and address.

    A node group does replace the instance, and drains it first (EKS guide, "Managed node groups", Spot). The nodes of
    an existing cluster are chosen by its owner.
    """
    for name, pool in env.pools.items():
        if pool.capacity == "spot" and pool.runs_on == "hosts":
            allowed = "on_demand, or runs_on: eks: a host with a fixed address is not replaced when AWS reclaims it"
            yield Problem(f"pools.{name}.capacity", "spot on hosts", allowed)
        if pool.capacity == "spot" and env.eks.existing is not None:
            allowed = "on_demand: the owner of an existing cluster chooses its nodes"
            yield Problem(f"pools.{name}.capacity", "spot with eks.existing", allowed)


def instances_fit_the_image(env: Environment) -> Iterator[Problem]:
    """EC2 refuses an image whose architecture differs from the instance type's.

    Refused by: EC2, RunInstances, InvalidParameterValue.
    """
    types = {
        f"pools.{name}.instance_type": pool.instance_type
        for name, pool in env.pools.items()
        if pool.runs_on == "hosts" and pool.instance_type is not None
    }
    if env.broker.self_managed is not None:
        types["broker.rabbitmq.instance_type"] = env.broker.self_managed.instance_type
    if env.monitoring.instance_type is not None:
        types["monitoring.instance_type"] = env.monitoring.instance_type
    _, _, *image_architecture = env.hosts.image.split("-")
    for path, found in types.items():
        if image_architecture and image_architecture != [architecture(env, found)]:
            allowed = f"a type for the image {env.hosts.image}, or an image without an architecture"
            yield Problem(path, f"{found} ({architecture(env, found)})", allowed)


RULES = (
    pool_has_sizes_in_one_place,
    sizes_have_one_architecture,
    hosts_have_one_size,
    spot_is_for_nodes,
    instances_fit_the_image,
)
