"""One container, brought to the state it should have from whatever state it is in."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address

from emulated_region.errors import RegionError
from local_containers.errors import ContainerError
from emulated_region.plan import OWNER_LABEL, Region
from local_containers.podman import Container, Podman

# Says what a container was made from; one made from something else is made anew.
SPEC_LABEL = "celery-platform.spec"
KIND_LABEL = "celery-platform.kind"


@dataclass(frozen=True)
class Spec:
    """What a container should be. `identity` is what, when changed, asks for a new container."""

    name: str
    kind: str
    address: IPv4Address
    identity: str
    image: str
    options: tuple[str, ...]
    command: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """A short fingerprint of the whole."""
        text = repr((self.name, self.address, self.identity, self.image, self.options, self.command))
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def ensure_container(
    podman: Podman, region: Region, spec: Spec, existing: Container | None, prepare: Callable[[], None] | None = None
) -> str:
    """Have the container running; returns what was done: kept, started or made.

    `prepare` runs between create and start. A container found in the state `created` is the rest of an interrupted run,
    of which nobody knows how far it came, so it is made anew.

    Raises:
        RegionError: a container of that name is not this region's, or podman refused.
    """
    if existing is not None and existing.labels.get(OWNER_LABEL) != region.prefix:
        raise RegionError(
            f"the name {spec.name} to be free or this region's among podman's containers",
            "a container of that name that somebody else made",
            f"look at it with `podman inspect {spec.name}`; rename or remove it",
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
        # Podman was killed while it started a container here before: it keeps the address for one that is gone.
        raise RegionError(
            f"the address {spec.address} to be free for {spec.name}",
            error.found,
            "`python -m emulated_region stop`; then, while no container runs at all, remove /run/containers/networks/ipam.db",
        ) from None
