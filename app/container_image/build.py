"""Build the container image from the wheelhouse.

    image = build(podman, choose_base(podman), "prod")

The tag is the release, a digest of all inputs, so an existing image is current. The base is the pinned
`python:3.13-slim-trixie`, or, without a reachable registry, a Debian bootstrapped from the archive, like the hosts.
"""

import platform
import re
import sys
from pathlib import Path

from celery_platform.environment import load
from celery_platform.errors import ImageError
from celery_platform.release import wheelhouse
from celery_platform.release.lock_file import Target
from celery_platform.release.release import Release, console_tag, release_of
from local_containers.errors import ContainerError
from local_containers.images import PYTHON, ensure_images
from local_containers.limits import write_containers_conf
from local_containers.podman import Podman
from local_containers.tools import ensure_tools

FOLDER = Path(__file__).parent
REPOSITORY = FOLDER.parents[1]
OUTPUT = REPOSITORY / "dist" / "image"
NAME = "localhost/celery-platform-app"
# Of both bases, and of the wheels.
PYTHON_VERSION = "3.13"
BASE_LABEL = "org.opencontainers.image.base.name"
PULL_SECONDS = 120
# Stages of the Containerfile.
APP, CONSOLE = "app", "console"


def pinned_base() -> str:
    """The base in the Containerfile, by digest."""
    found = re.search(r"^ARG BASE=(\S+@sha256:[0-9a-f]{64})$", (FOLDER / "Containerfile").read_text(), re.MULTILINE)
    if found is None:
        raise ImageError(
            expected="ARG BASE=...@sha256:... in app/container_image/Containerfile",
            found="no base with a digest",
            remedy="Set the base by digest, because a tag can change.",
        )
    return found[1]


def choose_base(podman: Podman) -> str:
    """The pinned base if it can be pulled, otherwise one bootstrapped from Debian's archive."""
    pinned = pinned_base()
    if podman.attempt("image", "exists", pinned).returncode == 0:
        return pinned
    try:
        if podman.attempt("pull", "--quiet", pinned, seconds=PULL_SECONDS).returncode == 0:
            return pinned
    except ContainerError:
        pass  # a registry that neither responds nor refuses
    print("no registry has the pinned base; building on a Debian bootstrapped from the archive", file=sys.stderr)
    return bootstrapped_base(podman)


def bootstrapped_base(podman: Podman) -> str:
    """A Debian with only Python, built if it is missing."""
    ensure_images(podman, REPOSITORY / ".cache", (PYTHON,))
    return PYTHON.tag


def build(podman: Podman, base: str, environment: str) -> str:
    """Build the image of an environment's application on this base. Its tag is the release, as on hosts.

    Raises:
        ApplicationError: the application cannot be packed.
        ContainerError: podman refused.

    Example: `build(podman, choose_base(podman), "prod") == "localhost/celery-platform-app:92c0b9fa8a11"`
    """
    return build_release(podman, base, release_of(load(environment)))


def build_console(podman: Podman, base: str, environment: str) -> str:
    """Build the image of the console, which is that of the application with the console's libraries.

    Raises:
        ApplicationError: the application cannot be packed, or does not go with the console.
        ContainerError: podman refused.

    Example: `build_console(podman, choose_base(podman), "prod").endswith("-console")`
    """
    return build_release(podman, base, release_of(load(environment)), CONSOLE)


def build_release(podman: Podman, base: str, release: Release, target: str = APP) -> str:
    """Build the image of a release, as `build` does; with the target `console`, as `build_console` does."""
    wheels = wheelhouse.wheelhouse()
    wheelhouse.build(release, [Target(PYTHON_VERSION, platform.machine())], wheels)
    image = f"{NAME}:{release.id}" if target == APP else f"{NAME}:{console_tag(release.id)}"
    if not _is_on(podman, image, base):
        # Only apt needs network access; everything else is in the wheelhouse.
        network = [] if release.system_packages else ["--network=none"]
        # Podman's cache compares the text of a RUN and not its mounts, so it would keep old wheels.
        podman.run(
            "build", "--quiet", "--no-cache", *network, f"--build-arg=BASE={base}", f"--label={BASE_LABEL}={base}",
            f"--build-arg=SYSTEM_PACKAGES={' '.join(release.system_packages)}", f"--build-arg=RELEASE={release.id}",
            f"--build-context=wheelhouse={wheels}", f"--build-context=tools={Path(sys.prefix) / 'bin'}",
            f"--target={target}", f"--tag={image}", str(FOLDER), seconds=900,
        )  # fmt: skip
    return image


def _is_on(podman: Podman, image: str, base: str) -> bool:
    found = podman.attempt("image", "inspect", f'--format={{{{index .Labels "{BASE_LABEL}"}}}}', image)
    return found.returncode == 0 and found.stdout.decode().strip() == base


def project_podman() -> Podman:
    """Podman with the project's settings for this machine, installed if possible."""
    ensure_tools()
    settings = OUTPUT / "containers.conf"
    write_containers_conf(settings)
    return Podman(settings)
