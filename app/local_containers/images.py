"""Container images: the machine image of hosts, one for the services behind AWS, and RabbitMQ of each Debian release.

They are bootstrapped from Debian's archive and cached as tarballs, or built on a registry's `debian` without mmdebstrap.
"""

import hashlib
import os
import platform
import shutil
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from local_containers.errors import ContainerError
from local_containers.podman import Podman

# Files that Debian's slim images leave out, except licences.
_SLIM = (
    *(f"--dpkgopt=path-exclude=/usr/share/{path}/*" for path in ("doc", "man", "info", "locale", "lintian")),
    "--dpkgopt=path-include=/usr/share/doc/*/copyright",
)
# A mirror of a release that changes every day may be older than the release's own file allows.
_CHANGING = {"forky": ('--aptopt=Acquire::Check-Valid-Until "false"',)}
_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True)
class Recipe:
    """A Debian with some packages. The tag contains the recipe's hash, so a changed recipe is a new image."""

    name: str
    packages: tuple[str, ...]
    command: str
    suite: str = "trixie"
    slim: bool = False

    @property
    def tag(self) -> str:
        """The local name of the image."""
        text = repr((self.suite, self.packages, self.command, platform.machine(), *(_SLIM if self.slim else ())))
        return f"localhost/celery-platform-{self.name}:{hashlib.sha256(text.encode()).hexdigest()[:12]}"

    def tarball(self, cache: Path) -> Path:
        """The path of the cached tarball."""
        return cache / "images" / f"{self.tag.rpartition('/')[2].replace(':', '-')}.tar"


# Similar to Debian's cloud image. Roles must install everything else that they need, as on EC2.
_HOST = (
    "ca-certificates", "dbus", "iproute2", "iputils-ping", "procps", "python3", "python3-apt", "sudo",
    "systemd", "systemd-sysv",
)  # fmt: skip
HOST = Recipe("host", _HOST, "/sbin/init")
# The previous Debian release, whose RabbitMQ still has mirrored queues.
HOST_12 = Recipe("host-12", _HOST, "/sbin/init", suite="bookworm")
SERVICES = Recipe("services", ("ca-certificates", "python3", "valkey-server"), "/bin/false")
# Debian 13 has RabbitMQ 4.0, which has quorum queues only; Debian 12 has 3.10, which still has mirrored queues.
_RABBITMQ = ("ca-certificates", "iproute2", "procps", "rabbitmq-server")
RABBITMQ_4 = Recipe("rabbitmq-4", _RABBITMQ, "/bin/false")
RABBITMQ_3 = Recipe("rabbitmq-3", _RABBITMQ, "/bin/false", suite="bookworm")
# Debian 14, not released yet, has 4.3.
RABBITMQ_4_3 = Recipe("rabbitmq-4-3", _RABBITMQ, "/bin/false", suite="forky")


def outside_image(packages: Sequence[str]) -> Recipe:
    """The image for the processes of an environment's services.yml, with the Debian packages that they need."""
    return Recipe("outside", ("ca-certificates", "python3", *packages), "/bin/false") if packages else SERVICES


# The base of the app's image without a reachable registry, similar to python:3.13-slim-trixie.
PYTHON = Recipe("python", ("ca-certificates", "python3"), "python3", slim=True)


def ensure_images(podman: Podman, cache: Path, recipes: Sequence[Recipe] = (HOST, SERVICES)) -> None:
    """Build missing images, in parallel.

    Raises:
        ContainerError: an image could not be built.
    """
    missing = [recipe for recipe in recipes if podman.attempt("image", "exists", recipe.tag).returncode]
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda recipe: _make(podman, recipe, cache), missing))


def _make(podman: Podman, recipe: Recipe, cache: Path) -> None:
    if shutil.which("mmdebstrap") is None:
        _build_on_registry(podman, recipe)
        return
    tarball = recipe.tarball(cache)
    if not tarball.exists():
        _bootstrap(recipe, tarball)
    changes = ["--change", f"ENV {_PATH}", "--change", f'CMD ["{recipe.command}"]']
    podman.run("import", "--quiet", *changes, str(tarball), recipe.tag)


def _bootstrap(recipe: Recipe, tarball: Path) -> None:
    """Bootstrap into a temporary file and rename it, so that an interrupted run leaves no incomplete tarball."""
    tarball.parent.mkdir(parents=True, exist_ok=True)
    partial = tarball.with_suffix(f".{os.getpid()}.partial.tar")
    include = f"--include={','.join(recipe.packages)}"
    slim = _SLIM if recipe.slim else ()
    changing = _CHANGING.get(recipe.suite, ())
    command = ["mmdebstrap", "--quiet", "--variant=minbase", *slim, *changing, include, recipe.suite, str(partial)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            said = [line for line in done.stderr.splitlines() if line.startswith("E:")]
            raise ContainerError(
                f"`mmdebstrap {recipe.suite}` to bootstrap Debian",
                said[0] if said else f"exit code {done.returncode}",
                "check that deb.debian.org is reachable (`apt-get update`) and that the disk is not full",
            )
        partial.replace(tarball)
    finally:
        partial.unlink(missing_ok=True)


def _build_on_registry(podman: Podman, recipe: Recipe) -> None:
    # docker-clean deletes packages after each install, so the package cache of the hosts would stay empty.
    containerfile = (
        f"FROM docker.io/library/debian:{recipe.suite}\n"
        f"RUN apt-get update && apt-get install -y --no-install-recommends {' '.join(recipe.packages)}"
        " && rm -rf /var/lib/apt/lists/* /etc/apt/apt.conf.d/docker-clean\n"
        f'CMD ["{recipe.command}"]\n'
    )
    podman.run("build", "--quiet", "--tag", recipe.tag, "-", data=containerfile.encode(), seconds=900)
