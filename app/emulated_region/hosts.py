"""Run a host for each running EC2 instance: a systemd container with the same name and private address."""

from concurrent.futures import ThreadPoolExecutor

from emulated_region import answers
from emulated_region.application_secrets import supply_secrets
from emulated_region.apt_cache import archive_folder
from emulated_region.aws import Account, Instance
from emulated_region.ensure import KIND_LABEL, Spec, ensure_container
from emulated_region.errors import RegionError
from emulated_region.host_files import archive, aws_variables
from local_containers.images import HOST
from emulated_region.message_broker import ensure_message_broker
from emulated_region.plan import Region
from local_containers.podman import Container, Podman
from emulated_region.progress import console, step
from emulated_region.stores import ensure_stores

KIND = "EC2 instance"


def ensure_hosts(region: Region) -> None:
    """Run one host for each instance and no others. A second call changes nothing.

    Raises:
        RegionError: the account does not respond or has an instance that cannot be run, or a host did not start.
    """
    podman = Podman(region.containers_conf)
    account = Account(region)
    instances = account.instances()
    existing = podman.containers()
    _remove_orphans(podman, region, instances, existing)
    with step(f"{len(instances)} hosts"), ThreadPoolExecutor(max_workers=4) as pool:
        futures = [pool.submit(_ensure_host, podman, region, one, existing.get(one.name)) for one in instances]
        for instance, future in zip(instances, futures, strict=True):
            console.print(f"  {instance.name} {instance.address} {future.result()}")
    ensure_stores(podman, region, account)
    ensure_message_broker(podman, region, account)
    supply_secrets(region, account)


def _remove_orphans(podman: Podman, region: Region, instances: list[Instance], existing: dict[str, Container]) -> None:
    wanted = {instance.name for instance in instances}
    mine = podman.containers(f"label={region.label}", f"label={KIND_LABEL}={KIND}")
    orphans = sorted(set(mine) & set(existing) - wanted)
    podman.remove(*orphans)
    for name in orphans:
        console.print(f"  {name} removed, because its instance no longer exists")


def host(region: Region, instance: Instance) -> Spec:
    """The specification of a host. Its environment is for shells and Ansible; services get theirs from systemd (host_files)."""
    return Spec(
        name=instance.name,
        kind=KIND,
        address=instance.address,
        identity=instance.instance_id,
        image=HOST.tag,
        options=(
            "--systemd=always",
            # As on EC2, systemd may create mount namespaces. Otherwise it ignores ProtectSystem, PrivateTmp and similar settings.
            "--cap-add=SYS_ADMIN",
            f"--label=celery-platform.instance={instance.instance_id}",
            f"--volume={region.cache / 'apt' / instance.name}:/var/cache/apt/archives",
            *(f"--env={key}={value}" for key, value in aws_variables(region).items()),
        ),
    )


def _ensure_host(podman: Podman, region: Region, instance: Instance, existing: Container | None) -> str:
    archive_folder(region.cache, instance.name)

    def put_files() -> None:
        podman.run("cp", "-", f"{instance.name}:/", data=archive(region))

    done = ensure_container(podman, region, host(region, instance), existing, put_files)
    if done != "kept":
        podman.run("exec", instance.name, "update-ca-certificates")
        _wait_for_systemd(podman, instance.name)
    return done


def _wait_for_systemd(podman: Podman, name: str) -> None:
    """Wait until systemd has started all units.

    Raises:
        RegionError: that took longer than a minute, or a unit failed.
    """

    def has_settled() -> bool:
        state = podman.attempt("exec", name, "systemctl", "is-system-running").stdout.decode().strip()
        if state == "degraded":
            failed = podman.attempt("exec", name, "systemctl", "--failed", "--plain", "--no-legend").stdout.decode()
            units = ", ".join(line.split()[0] for line in failed.splitlines() if line.strip())
            remedy = f"`podman exec {name} systemctl status`"
            raise RegionError(f"every unit of {name} to start", f"failed: {units}", remedy)
        return state == "running"

    answers.wait(f"systemd of {name}", has_settled, 60, lambda: podman.logs(name))
