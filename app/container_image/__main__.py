"""`make image`: build the image of an environment, pack it as for a registry, and print its size."""

import subprocess
import sys

from celery_platform.environment import load
from celery_platform.errors import AppError
from celery_platform.output import print_error
from local_containers.podman import Podman

from container_image.build import OUTPUT, build, build_console, choose_base, project_podman
from container_image.pack import MAX_PLATFORM_MIB, archive, weigh, write_sbom


def _console(podman: Podman, base: str, environment: str) -> str:
    """Build the console's image and pack it, if a pod runs the console; returns its name."""
    console = load(environment).console
    if console is None or console.runs_on != "eks":
        return ""
    image = build_console(podman, base, environment)
    archive(podman, image, OUTPUT / "console.oci.tar")
    return image


def main() -> int:
    """Build the image; returns the exit code."""
    try:
        OUTPUT.mkdir(parents=True, exist_ok=True)
        podman = project_podman()
        base = choose_base(podman)
        image = build(podman, base, sys.argv[1])
        archive(podman, image, OUTPUT / "app.oci.tar")
        size = weigh(OUTPUT / "app.oci.tar")
        console = _console(podman, base, sys.argv[1])
        packages = write_sbom(OUTPUT / "app.oci.tar", OUTPUT / "sbom.cdx.json")
    except AppError as error:
        return print_error(error)
    except subprocess.CalledProcessError as error:
        print(f"`{' '.join(error.cmd[:3])} ...` exited {error.returncode}", file=sys.stderr)
        return 1
    print(f"{image}\n  on {base}")
    print(f"  dist/image/app.oci.tar    {size.total:.0f} MiB compressed")
    print(f"    the platform            {size.platform:.0f} MiB, of at most {MAX_PLATFORM_MIB}")
    print(f"    the application         {size.application:.0f} MiB")
    if console:
        print(f"  dist/image/console.oci.tar  {console}")
    print(f"  dist/image/sbom.cdx.json  {packages} packages, CycloneDX")
    return 0


if __name__ == "__main__":
    sys.exit(main())
