"""Build the container image from the wheelhouse.

    image = build(podman, choose_base(podman))

The tag is a digest of everything the image is made from, so an image that exists is current. The base is the pinned
`python:3.13-slim-trixie`; where no registry is reachable, a Debian bootstrapped from its archive, as hosts are.
"""

import hashlib
import platform
import re
import sys
from pathlib import Path

from celery_platform.errors import ImageError
from celery_platform.release import wheelhouse
from region.errors import RegionError
from region.images import PYTHON, ensure_images
from region.limits import write_containers_conf
from region.podman import Podman
from region.tools import ensure_tools

FOLDER = Path(__file__).parent
REPOSITORY = FOLDER.parents[1]
OUTPUT = REPOSITORY / "dist" / "image"
NAME = "localhost/celery-platform-app"
# Both bases have it; the wheels are for it.
PYTHON_VERSION = "3.13"
PULL_SECONDS = 120


def pinned_base() -> str:
    """The base that the Containerfile names, by digest."""
    found = re.search(r"^ARG BASE=(\S+@sha256:[0-9a-f]{64})$", (FOLDER / "Containerfile").read_text(), re.MULTILINE)
    if found is None:
        raise ImageError(
            expected="ARG BASE=...@sha256:... in app/container_image/Containerfile",
            found="no base with a digest",
            remedy="Name the base by digest; a tag is another image tomorrow.",
        )
    return found[1]


def choose_base(podman: Podman) -> str:
    """The pinned base where it can be had, else one bootstrapped from Debian's archive."""
    pinned = pinned_base()
    if podman.attempt("image", "exists", pinned).returncode == 0:
        return pinned
    try:
        if podman.attempt("pull", "--quiet", pinned, seconds=PULL_SECONDS).returncode == 0:
            return pinned
    except RegionError:
        pass  # a registry that neither answers nor refuses
    print("no registry has the pinned base: building on a Debian bootstrapped from its archive", file=sys.stderr)
    return bootstrapped_base(podman)


def bootstrapped_base(podman: Podman) -> str:
    """A Debian with Python alone, made where it is missing."""
    ensure_images(podman, REPOSITORY / ".cache", (PYTHON,))
    return PYTHON.tag


def build(podman: Podman, base: str) -> str:
    """Have the image of these sources on this base; returns its name, which says what it was made from.

    Raises:
        subprocess.CalledProcessError: a wheel is missing or the app does not build.
        RegionError: podman refused.
    """
    machine = platform.machine()
    wheelhouse.build(PYTHON_VERSION, machine)
    made_from = wheelhouse.sources_digest(f"{PYTHON_VERSION} {machine}") + base
    digest = hashlib.sha256(made_from.encode() + (FOLDER / "Containerfile").read_bytes()).hexdigest()
    image = f"{NAME}:{digest[:12]}"
    if podman.attempt("image", "exists", image).returncode:
        # Podman's cache knows a RUN by its text, not by what is mounted into it: it would keep the wheels of before.
        podman.run(
            "build", "--quiet", "--no-cache", "--network=none", f"--build-arg=BASE={base}",
            f"--build-context=wheelhouse={wheelhouse.WHEELHOUSE}", f"--build-context=tools={Path(sys.prefix) / 'bin'}",
            f"--tag={image}", str(FOLDER), seconds=900,
        )  # fmt: skip
    return image


def project_podman() -> Podman:
    """Podman with the project's settings for this machine, installed where it can be."""
    ensure_tools()
    settings = OUTPUT / "containers.conf"
    write_containers_conf(settings)
    return Podman(settings)
