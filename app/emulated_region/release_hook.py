"""Hook pods, which helm runs to their end before an install or an upgrade. After a failure nothing changes."""

import time

import yaml

from emulated_region.admission import ADDRESS_LABEL, Pod
from emulated_region.errors import RegionError
from emulated_region.plan import Region
from local_containers.podman import Podman

DEADLINE_SECONDS = 600


def run_to_end(podman: Podman, region: Region, pod: Pod, address: str) -> None:
    """Run the pod of a hook and remove it.

    Raises:
        RegionError: it failed, or did not end in time; the error contains its last output.
    """
    pod.manifest["metadata"]["labels"][ADDRESS_LABEL] = address
    manifest = yaml.safe_dump_all([*pod.configurations, pod.manifest])
    podman.run("kube", "play", "--quiet", f"--network={region.prefix}", f"--ip={address}", "-", data=manifest.encode())
    try:
        code = _exit_code(podman, pod)
        if code != 0:
            raise RegionError(
                f"the release command of the application ({pod.component}) to exit with 0",
                f"{code}: {podman.logs(pod.container, 20)}",
                "correct it and run this again. No pod was changed",
            )
    finally:
        podman.attempt("pod", "rm", "--force", "--time", "0", pod.name)


def _exit_code(podman: Podman, pod: Pod) -> int | str:
    end = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < end:
        state, code = podman.run("inspect", "--format={{.State.Status}} {{.State.ExitCode}}", pod.container).split()
        if state in {"exited", "stopped"}:
            return int(code)
        time.sleep(0.5)
    return f"nothing after {DEADLINE_SECONDS} s"
