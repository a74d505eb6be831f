"""Stop a region and remove everything that it created, except caches."""

import shutil

from emulated_region.authority import remove_authority
from emulated_region.forwarding import stop_forwarding
from emulated_region.network import remove_network
from emulated_region.plan import Region
from local_containers.podman import Podman
from emulated_region.pods import remove_pods
from emulated_region.progress import console, step


def stop(region: Region) -> None:
    """Remove the region's containers with their volumes, its network and its files. Works after any interruption.

    Raises:
        RegionError: a container of somebody else still uses the network.
    """
    stop_forwarding(region)
    if shutil.which("podman"):
        podman = Podman(region.containers_conf)
        with step("pods removed"):
            remove_pods(podman, region)
        mine = sorted(podman.containers(f"label={region.label}"))
        with step(f"{len(mine)} containers removed"):
            podman.remove(*mine)
        if remove_network(podman, region):
            console.print(f"  network {region.prefix} removed")
    remove_authority(region)
    shutil.rmtree(region.state, ignore_errors=True)
