"""Bring a container into its wanted state from any other state."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address

from emulated_region.errors import RegionError
from local_containers.errors import ContainerError
from emulated_region.plan import OWNER_LABEL, Region
from local_containers.podman import Container, Podman

# Label with the digest of a container's specification. If it differs, the container is replaced.
SPEC_LABEL = "celery-platform.spec"
KIND_LABEL = "celery-platform.kind"


@dataclass(frozen=True)
class Spec:
    """The specification of a container. A change of `identity` replaces the container."""

    name: str
    kind: str
    address: IPv4Address
    identity: str
    image: str
    options: tuple[str, ...]
    command: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """A short digest of the specification."""
        text = repr((self.name, self.address, self.identity, self.image, self.options, self.command))
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def ensure_container(
    podman: Podman, region: Region, spec: Spec, existing: Container | None, prepare: Callable[[], None] | None = None
) -> str:
    """Make sure that the container runs; returns what was done: kept, started or made.

    `prepare` runs between create and start. A container in the state `created` is left from an interrupted run, and may be
    incomplete, so it is replaced.

    Raises:
        RegionError: a container of that name does not belong to this region, or podman failed.
    """
    if existing is not None and existing.labels.get(OWNER_LABEL) != region.prefix:
        raise RegionError(
            f"no other container with the name {spec.name} in podman",
            "a container with that name that somebody else made",
            f"inspect it with `podman inspect {spec.name}`, then rename or remove it",
        )
    if existing is not None and existing.labels.get(SPEC_LABEL) == spec.digest:
        if existing.state == "running":
            return "kept"
        if existing.state == "paused":
            podman.run("unpause", spec.name)
            return "started"
        if existing.state in {"exited", "stopped"}:
            podman.run("start", spec.name)
            return "started"
    if existing is not None:
        podman.remove(spec.name)
    _create(podman, region, spec)
    if prepare is not None:
        prepare()
    _start(podman, spec)
    return "made"


def _create(podman: Podman, region: Region, spec: Spec) -> None:
    podman.run(
        "create",
        f"--name={spec.name}",
        f"--hostname={spec.name}",
        f"--network={region.prefix}",
        f"--ip={spec.address}",
        f"--label={region.label}",
        f"--label={SPEC_LABEL}={spec.digest}",
        f"--label={KIND_LABEL}={spec.kind}",
        *spec.options,
        spec.image,
        *spec.command,
    )


def _start(podman: Podman, spec: Spec) -> None:
    try:
        podman.run("start", spec.name)
    except ContainerError as error:
        if "already allocated" not in error.found:
            raise
        # A podman that was killed while it started a container has left the address reserved.
        raise RegionError(
            f"the address {spec.address} to be free for {spec.name}",
            error.found,
            "`python -m emulated_region stop`; then, while no container runs at all, remove /run/containers/networks/ipam.db",
        ) from None
