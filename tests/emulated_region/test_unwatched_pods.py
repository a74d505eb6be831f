"""A pod whose conmon was killed, as at the end of a session, does not block the next `make up`."""

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from emulated_region.pods import remove_pod
from local_containers.limits import write_containers_conf
from local_containers.podman import Podman

NAME = f"celery-trial-unwatched-{os.getpid()}"
# In the image of infra containers, which podman creates for every pod.
POD = """
apiVersion: v1
kind: Pod
metadata: {{name: {name}}}
spec:
  containers:
    - {{name: main, image: {image}, command: [/catatonit, -P]}}
"""

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="a region needs root"),
    pytest.mark.skipif(shutil.which("podman") is None, reason="podman is not installed"),
]


@pytest.fixture
def podman(tmp_path: Path) -> Iterator[Podman]:
    write_containers_conf(tmp_path / "containers.conf")
    podman = Podman(tmp_path / "containers.conf")
    yield podman
    podman.run("pod", "rm", "--force", "--ignore", "--time", "0", NAME)


def test_a_pod_that_nobody_watches_is_removed_all_the_same(podman: Podman) -> None:
    podman.run("pod", "create", "--name", NAME)
    (infra,) = podman.run("ps", "--all", "--quiet", "--filter", f"pod={NAME}").split()
    image = podman.run("inspect", "--format={{.ImageName}}", infra)
    podman.run("pod", "rm", NAME)
    podman.run("kube", "play", "--quiet", "-", data=POD.format(name=NAME, image=image).encode())
    containers = podman.run("ps", "--quiet", "--filter", f"pod={NAME}").split()
    for watcher in podman.run("inspect", "--format={{.State.ConmonPid}}", *containers).split():
        os.kill(int(watcher), signal.SIGKILL)

    # Within about five seconds podman detects it by itself.
    remove_pod(podman, NAME, grace_seconds=5)

    assert podman.run("pod", "ps", "--quiet", "--filter", f"name={NAME}") == ""
