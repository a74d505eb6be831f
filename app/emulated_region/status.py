"""A table of what runs in a region."""

from concurrent.futures import ThreadPoolExecutor

from rich.box import SIMPLE
from rich.table import Table

from emulated_region import admission, answers, services
from emulated_region.ensure import KIND_LABEL
from emulated_region.hosts import KIND
from emulated_region.message_broker import PORT as AMQPS
from emulated_region.network import find_network
from emulated_region.plan import VALKEY_PORT, Region
from local_containers.podman import Container, Podman
from emulated_region.progress import console

GOOD = {"answers", "running"}  # a service that responds; a host whose systemd reports `running`


def show(region: Region) -> bool:
    """Print the table; returns whether everything responds."""
    podman = Podman(region.containers_conf)
    mine = podman.containers(f"label={region.label}")
    if not mine:
        console.print(f"Nothing of {region.prefix} is running. `python -m emulated_region start` starts it.")
        return False
    with ThreadPoolExecutor() as pool:
        healths = list(pool.map(lambda container: _health(podman, region, container), mine.values()))
    table = Table(
        title=f"{region.prefix}: network {find_network(podman, region)}, AWS at {region.endpoint}", box=SIMPLE
    )
    for column in ("name", "what", "address", "state"):
        table.add_column(column, overflow="fold")
    for container, health in sorted(zip(mine.values(), healths, strict=True), key=lambda pair: pair[0].name):
        good = health in GOOD
        table.add_row(
            container.name,
            container.labels.get(KIND_LABEL, ""),
            container.labels.get(admission.ADDRESS_LABEL) or _address(podman, container.name),
            f"[{'green' if good else 'red'}]{health}[/]",
        )
    console.print(table)
    return all(health in GOOD for health in healths)


def _health(podman: Podman, region: Region, container: Container) -> str:
    if container.state != "running":
        return container.state
    if container.labels.get(KIND_LABEL) == KIND:
        return (
            podman.attempt("exec", container.name, "systemctl", "is-system-running").stdout.decode().strip() or "silent"
        )
    if container.labels.get(KIND_LABEL) == admission.KIND:
        return "running"  # readiness was awaited at the start; later failures of probes are handled by a kubelet
    checks = {
        f"{region.prefix}-aws": lambda: answers.http(f"{region.endpoint}/_ministack/health"),
        f"{region.prefix}-valkey": lambda: answers.valkey(str(region.valkey_address), VALKEY_PORT),
        region.broker_container: lambda: (
            answers.valkey(str(region.broker_address), VALKEY_PORT) or answers.amqps(str(region.broker_address), AMQPS)
        ),
        services.outside_name(region): lambda: all(
            answers.tcp(str(region.outside_address), port) for port in region.outside.ports
        ),
    }
    check = checks.get(container.name)
    return "answers" if check is not None and check() else "silent"


def _address(podman: Podman, name: str) -> str:
    template = "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}"
    return podman.attempt("inspect", "--format", template, name).stdout.decode().strip()
