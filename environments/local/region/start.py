"""Start a region: everything that stands behind the AWS endpoint, before Terraform makes the first resource."""

import errno
import socket
from concurrent.futures import ThreadPoolExecutor

from region import answers, services
from region.authority import ensure_authority
from region.ensure import Spec, ensure_container
from region.errors import RegionError
from region.images import HOST, RABBITMQ_4, SERVICES, ensure_images
from region.limits import write_containers_conf
from region.network import ensure_network
from region.packages import ensure_packages
from region.plan import Region
from region.podman import Podman
from region.progress import console, step
from region.tools import ensure_tools


def start(region: Region) -> None:
    """Bring the region up from whatever state it is in; a second start changes nothing.

    Raises:
        RegionError: something needed is missing or in the way.
    """
    with step("tools"):
        if ensure_tools():
            console.print("  installed podman and what it needs")
    write_containers_conf(region.containers_conf)
    podman = Podman(region.containers_conf)
    check_port(podman, region)
    with step("Debian images and the emulator's packages (cached)"), ThreadPoolExecutor() as pool:
        packages = pool.submit(ensure_packages, region.cache)
        recipes = (HOST, SERVICES, RABBITMQ_4) if region.broker_kind == "amazon_mq" else (HOST, SERVICES)
        ensure_images(podman, region.cache, recipes)
        site = packages.result()
    with step(f"network {region.prefix} {region.cidr}"):
        ensure_network(podman, region)
    ensure_authority(region)
    with step("AWS emulator, outside world"):
        specs = [services.emulator(region, site), services.outside(region, site)]
        _start_services(podman, region, specs)
    console.print(f"  AWS answers at {region.endpoint}, inside at {region.inner_endpoint}")


def check_port(podman: Podman, region: Region) -> None:
    """The endpoint's loopback port must be free, unless this region's emulator holds it.

    Raises:
        RegionError: somebody else holds it.
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
                f"see who has it with `ss -ltnp 'sport = :{region.endpoint_port}'` and stop it, "
                f"or change endpoint_url in environments/{region.environment}/aws/config",
            ) from None


def _start_services(podman: Podman, region: Region, specs: list[Spec]) -> None:
    existing = podman.containers()
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda spec: ensure_container(podman, region, spec, existing.get(spec.name)), specs))
    emulator, outside = specs
    checks = [
        (emulator, "the AWS emulator", lambda: answers.http(f"{region.endpoint}/_ministack/health")),
        (outside, "the payment gateway", lambda: answers.http(f"{region.outside_url}/health")),
        (outside, "the mail server", lambda: answers.smtp(str(region.outside_address), region.smtp_port)),
    ]
    for spec, what, check in checks:
        answers.wait(what, check, 60, lambda name=spec.name: podman.logs(name))  # type: ignore[misc]
