"""The region's network: a podman network whose subnet is the VPC's range."""

import json

from emulated_region.errors import RegionError
from emulated_region.leftovers import remove_leftovers
from emulated_region.plan import OWNER_LABEL, Region
from local_containers.podman import Podman


def ensure_network(podman: Podman, region: Region) -> None:
    """Create the network if it is missing.

    Raises:
        RegionError: a network of that name is not the region's or has another range, or the range is in use.
    """
    found = find_network(podman, region)
    if found is None:
        remove_leftovers(region.cidr)
        _create(podman, region)
        return
    if found != str(region.cidr):
        raise RegionError(
            f"the network {region.prefix} with the range {region.cidr}",
            f"the range {found}, from before network.cidr was changed",
            "`python -m emulated_region stop`, then start again",
        )


def find_network(podman: Podman, region: Region) -> str | None:
    """The range of the region's network, or None if it does not exist.

    Raises:
        RegionError: a network of that name is not the region's.
    """
    done = podman.attempt("network", "inspect", region.prefix)
    if done.returncode != 0:
        return None
    network = json.loads(done.stdout)[0]
    if (network.get("labels") or {}).get(OWNER_LABEL) != region.prefix:
        raise RegionError(
            f"no other network with the name {region.prefix} in podman",
            "a network with that name that somebody else made",
            f"inspect it with `podman network inspect {region.prefix}`, then rename or remove it",
        )
    return str(network["subnets"][0]["subnet"])


def remove_network(podman: Podman, region: Region) -> bool:
    """Remove the network if it exists; returns whether it did.

    Raises:
        RegionError: a container of somebody else still uses it.
    """
    if find_network(podman, region) is None:
        remove_leftovers(region.cidr)
        return False
    guests = podman.containers(f"network={region.prefix}")
    if guests:
        raise RegionError(
            f"no other containers on the network {region.prefix}",
            f"containers of somebody else: {', '.join(sorted(guests))}",
            "stop them, then stop the region again",
        )
    podman.run("network", "rm", region.prefix)
    remove_leftovers(region.cidr)
    return True


def _create(podman: Podman, region: Region) -> None:
    done = podman.attempt("network", "create", "--subnet", str(region.cidr), "--label", region.label, region.prefix)
    if done.returncode != 0:
        raise RegionError(
            f"the range {region.cidr} to be free on this machine",
            done.stderr.decode(errors="replace").strip().removeprefix("Error: "),
            "free it (`ip route`, `podman network ls`), or change network.cidr and the services' addresses in "
            f"environments/{region.environment}/environment.yml",
        )
