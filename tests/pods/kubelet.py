"""A pod of the chart on this machine, and the operations of a kubelet: probe, restart, delete."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import yaml
from celery_platform.environment.model import BrokerKind
from emulated_region import answers
from emulated_region.admission import Admission, Pod, admit
from emulated_region.pods import remove_pod
from local_containers.podman import Podman

from tests.harness.environment import TestEnvironment
from tests.harness.removal import removed_at_the_end
from tests.harness.waiting import eventually

from ..chart.rendered import render_resolved

OWNER = "celery-podtest"
ACCOUNT = ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")


@dataclass(frozen=True)
class RunningPod:
    """A pod that podman runs from its manifest on this machine's network, on which the brokers listen."""

    podman: Podman
    pod: Pod

    def probe(self, name: str) -> bool:
        """Whether the manifest's probe `name` succeeds."""
        probe = self.pod.manifest["spec"]["containers"][0][f"{name}Probe"]
        if "httpGet" in probe:
            asks = probe["httpGet"]
            return answers.http(f"http://127.0.0.1:{self.pod.ports[asks['port']]}{asks['path']}")
        return self.podman.attempt("exec", self.pod.container, *probe["exec"]["command"]).returncode == 0

    def send(self, number: int) -> None:
        """Send a signal to the container's first process, without podman, which would treat its end as requested."""
        os.kill(self.process, number)

    def delete(self) -> None:
        """Delete the pod like `kubectl delete pod`: SIGTERM, the grace period, SIGKILL, removal."""
        remove_pod(self.podman, self.pod.name, grace_seconds=self.pod.grace_seconds)

    @property
    def memory_mib(self) -> int:
        """Its memory limit."""
        return int(self.podman.run("inspect", "--format={{.HostConfig.Memory}}", self.pod.container)) // 2**20

    @property
    def started(self) -> str:
        """When the container last started, which changes with each restart."""
        return self.podman.run("inspect", "--format={{.State.StartedAt}}", self.pod.container)

    @property
    def process(self) -> int:
        """The pid of the container's first process on this machine."""
        return int(self.podman.run("inspect", "--format={{.State.Pid}}", self.pod.container))

    def wait_until_ready(self) -> None:
        """Wait until the pod is ready, as a rollout does."""
        try:
            eventually(lambda: self.probe("readiness"), f"readiness of {self.pod.name}", seconds=120)
        except AssertionError as error:
            raise AssertionError(f"{error}; its log:\n{self.podman.logs(self.pod.container, 30)}") from None

    def _restart(self, grace_seconds: int) -> None:
        """SIGTERM, grace period, SIGKILL; the restart policy does the rest, as `podman restart` stops the whole pod."""
        stopped = self.process
        for number, seconds in ((signal.SIGTERM, grace_seconds), (signal.SIGKILL, 30)):
            with suppress(ProcessLookupError):
                os.kill(stopped, number)
            with suppress(AssertionError):
                eventually(lambda: self.process not in (0, stopped), "the restart", seconds)
                return

    def watch_liveness(self, seconds: float) -> float | None:
        """Run the liveness probe and restart like a kubelet. Returns the seconds until the restart, or None."""
        probe = self.pod.manifest["spec"]["containers"][0]["livenessProbe"]
        begun, failures = time.monotonic(), 0
        while time.monotonic() - begun < seconds:
            failures = 0 if self.probe("liveness") else failures + 1
            if failures == probe["failureThreshold"]:
                self._restart(grace_seconds=probe["terminationGracePeriodSeconds"])
                return time.monotonic() - begun
            time.sleep(probe["periodSeconds"])
        return None


@contextmanager
def running_pod(
    podman: Podman, image: str, environment: TestEnvironment, number: int = 0, component: str = "worker-io"
) -> Iterator[RunningPod]:
    """A ready pod of this component, by default a worker of the pool io, which is removed at the end."""
    rendered = render_resolved(environment.resolved, BrokerKind(environment.kind), environment.broker_url)
    trust = Path(environment.variables.get("SSL_CERT_FILE", "/etc/ssl/certs/ca-certificates.crt"))
    account = Admission(OWNER, {name: environment.variables[name] for name in ACCOUNT}, trust)
    pods = {pod.component: pod for pod in admit(rendered.manifests, account)}
    pod = _numbered(pods[component], number)
    pod.manifest["spec"]["containers"][0]["image"] = image
    manifest = yaml.safe_dump_all([*pod.configurations, pod.manifest])
    running = RunningPod(podman, pod)
    removal = ["podman", "pod", "rm", "--force", "--ignore", "--time", "0", pod.name]
    with removed_at_the_end(removal, variables=podman.environment()):
        podman.run("kube", "play", "--quiet", "--network=host", "-", data=manifest.encode())
        running.wait_until_ready()
        yield running


def _numbered(pod: Pod, number: int) -> Pod:
    """One of several pods, with its own name, volumes and port, as pods share the ports of this machine here."""
    old, new = pod.name, f"{pod.name[:-1]}{number}"
    manifest = yaml.safe_load(yaml.safe_dump(pod.manifest).replace(old, new))
    for variable in manifest["spec"]["containers"][0]["env"]:
        if variable["name"] == "CELERY_METRICS_PORT":
            variable["value"] = str(int(variable["value"]) + number)
    return Pod(new, pod.component, pod.digest, pod.grace_seconds, manifest, pod.configurations, pod.ports)
