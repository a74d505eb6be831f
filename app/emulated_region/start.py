"""Start a region: everything behind the AWS endpoint that Terraform needs."""

import errno
import socket
from concurrent.futures import ThreadPoolExecutor

from emulated_region import answers, outside_world, services
from emulated_region.authority import ensure_authority
from emulated_region.ensure import Spec, ensure_container
from emulated_region.errors import RegionError
from local_containers.images import HOST, RABBITMQ_4, SERVICES, ensure_images, outside_image
from local_containers.limits import write_containers_conf
from emulated_region.network import ensure_network
from emulated_region.packages import SIGNATURES, emulator, ensure_packages
from emulated_region.plan import Region
from local_containers.podman import Podman
from emulated_region.progress import console, step
from local_containers.tools import ensure_tools


def start(region: Region) -> None:
    """Bring the region up from any state. A second start changes nothing.

    Raises:
        RegionError: a requirement is missing, or something is in the way.
    """
    with step("tools"):
        if ensure_tools():
            console.print("  installed podman and its dependencies")
    write_containers_conf(region.containers_conf)
    podman = Podman(region.containers_conf)
    check_port(podman, region)
    with step("Debian images and the emulator's packages (cached)"), ThreadPoolExecutor() as pool:
        site = pool.submit(ensure_packages, region.cache, [emulator(), SIGNATURES])
        outside_site = pool.submit(ensure_packages, region.cache, region.outside.python_packages)
        recipes = {HOST, SERVICES, outside_image(region.outside.packages)}
        ensure_images(
            podman,
            region.cache,
            sorted(
                recipes | ({RABBITMQ_4} if region.broker_kind == "amazon_mq" else set()), key=lambda each: each.name
            ),
        )
        packages, outside_packages = site.result(), outside_site.result()
    with step(f"network {region.prefix} {region.cidr}"):
        ensure_network(podman, region)
    ensure_authority(region)
    outside = [services.outside(region, outside_packages)] if region.outside.processes else []
    if not outside:
        podman.remove(*podman.containers(f"label={region.label}", f"name=^{services.outside_name(region)}$"))
    with step("AWS emulator, external services" if outside else "AWS emulator"):
        _start_services(podman, region, [services.emulator(region, packages), *outside])
    console.print(f"  AWS answers at {region.endpoint}, inside at {region.inner_endpoint}")


def check_port(podman: Podman, region: Region) -> None:
    """Check that the endpoint's loopback port is free or used by this region's emulator.

    Raises:
        RegionError: another process uses it.
    """
    emulator = podman.containers(f"label={region.label}", f"name=^{region.prefix}-aws$")
    if any(container.state == "running" for container in emulator.values()):
        return
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", region.endpoint_port))
        except OSError as error:
            if error.errno not in {errno.EADDRINUSE, errno.EACCES}:
                raise
            raise RegionError(
                f"port {region.endpoint_port} of 127.0.0.1 to be free for the AWS endpoint",
                error.strerror or str(error),
                f"find the process with `ss -ltnp 'sport = :{region.endpoint_port}'` and stop it, "
                f"or change endpoint_url in environments/{region.environment}/aws/config",
            ) from None


def _start_services(podman: Podman, region: Region, specs: list[Spec]) -> None:
    existing = podman.containers()
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda spec: ensure_container(podman, region, spec, existing.get(spec.name)), specs))
    emulator = specs[0].name
    answers.wait(
        "the AWS emulator",
        lambda: answers.http(f"{region.endpoint}/_ministack/health"),
        60,
        lambda: podman.logs(emulator),
    )
    if region.outside.processes:
        outside_world.wait(podman, region)
