"""What runs on EKS, from the Helm chart: each pod is one of podman's, with an address in a private subnet.

A changed chart, image or configuration is rolled out as a Deployment does it: new pods first, and when they are ready
the old ones are told to stop, with their whole grace period.
"""

import json
import socket
from contextlib import suppress
from ipaddress import IPv4Address

import yaml
from celery_platform.environment.files import resolved_file
from celery_platform.release import helm
from container_image.build import bootstrapped_base, build

from emulated_region import answers
from emulated_region.admission import ADDRESS_LABEL, KIND, Admission, Pod, admit, admit_hooks
from emulated_region.aws import Account
from emulated_region.ensure import KIND_LABEL, SPEC_LABEL
from local_containers.errors import ContainerError
from emulated_region.host_files import aws_variables
from emulated_region.plan import Region
from local_containers.podman import Podman
from emulated_region.progress import console, step
from emulated_region.release_hook import run_to_end

# Above every host's address in its subnet.
FIRST_ADDRESS = 200
READY_SECONDS = 120
LOG_LINES = 20
# Podman starts a container again at once, without a kubelet's growing delays.
ENDS = 5
# What podman may need beyond the grace period on a busy machine.
STOP_SECONDS = 30


def ensure_pods(region: Region) -> None:
    """Have the pods that the environment's chart asks for, and none besides; a second call changes nothing.

    Raises:
        RegionError: the account does not answer, or a pod did not become ready.
        ChartError: the chart cannot be rendered for this environment.
    """
    podman = Podman(region.containers_conf)
    resolved = json.loads(resolved_file(region.environment).read_text())
    wanted: list[Pod] = []
    hooks: list[Pod] = []
    if resolved["eks"]["enabled"]:
        with step("the app's image"):
            image = build(podman, bootstrapped_base(podman), region.environment)
        admission = Admission(region.prefix, aws_variables(region), region.trust_file)
        manifests = _manifests(region, podman, image, resolved)
        wanted, hooks = list(admit(manifests, admission)), list(admit_hooks(manifests, admission))
    existing = running(podman, region)
    # As `helm upgrade` does, which nobody runs when nothing is new.
    if any(existing.get(pod.name) != pod.digest for pod in wanted):
        for hook in hooks:
            with step(f"hook {hook.component}"):
                if hook.name in existing:
                    remove_pod(podman, hook.name)
                run_to_end(podman, region, hook, str(_free_address(podman, region)))
    with step(f"{len(wanted)} pods"):
        for pod in wanted:
            console.print(f"  {pod.name} {_ensure(podman, region, pod, existing)}")
        names = {pod.name for pod in wanted}
        for name in sorted(set(existing) - names):
            remove_pod(podman, name, grace_seconds=max((pod.grace_seconds for pod in wanted), default=30))
            console.print(f"  {name} stopped and removed")


def running(podman: Podman, region: Region) -> dict[str, str]:
    """The region's pods and the digest of what each was made from; empty for one that does not run whole."""
    rows = json.loads(podman.run("pod", "ps", "--filter", f"label={region.label}", "--format", "json") or "[]")
    return {
        row["Name"]: row["Labels"].get(SPEC_LABEL, "") if row["Status"] == "Running" else ""
        for row in rows or []
        if row["Labels"].get(KIND_LABEL) == KIND
    }


def remove_pod(podman: Podman, name: str, grace_seconds: int = 0) -> None:
    """Tell a pod's processes to stop, give them their grace period, and remove it with its volumes.

    Of a pod whose conmon was killed (with the session that ran `make up`, say) podman would wait for its end for ever.
    """
    if grace_seconds:
        with suppress(ContainerError):
            podman.attempt("pod", "stop", "--time", str(grace_seconds), name, seconds=grace_seconds + STOP_SECONDS)
    podman.run("pod", "rm", "--force", "--time", "0", name)
    volumes = podman.run("volume", "ls", "--quiet", "--filter", f"name=^{name}-").split()
    if volumes:
        podman.run("volume", "rm", "--force", *volumes)


def _manifests(region: Region, podman: Podman, image: str, resolved: dict[str, object]) -> list[dict[str, object]]:
    by_digest = f"{image.partition(':')[0]}@{podman.run('image', 'inspect', '--format={{.Digest}}', image)}"
    broker_url = Account(region).parameter(f"{resolved['discovery_prefix']}/broker_url")
    text = helm.template(
        "-f", str(resolved_file(region.environment)), f"--set=image={by_digest}",
        f"--set-literal=discovery.broker_url={broker_url}",
    )  # fmt: skip
    return [one for one in yaml.safe_load_all(text) if one]


def _ensure(podman: Podman, region: Region, pod: Pod, existing: dict[str, str]) -> str:
    if existing.get(pod.name) == pod.digest:
        return "kept"
    if pod.name in existing:
        remove_pod(podman, pod.name)
    address = _free_address(podman, region)
    pod.manifest["metadata"]["labels"][ADDRESS_LABEL] = str(address)
    manifest = yaml.safe_dump_all([*pod.configurations, pod.manifest])
    podman.run("kube", "play", "--quiet", f"--network={region.prefix}", f"--ip={address}", "-", data=manifest.encode())
    answers.wait(
        f"the pod {pod.name}", lambda: is_ready(podman, pod, address), READY_SECONDS,
        lambda: podman.logs(pod.container, LOG_LINES),
        has_ended=lambda: keeps_ending(podman, pod), remedy="correct what it says and run `make up` again",
    )  # fmt: skip
    return f"{address} ready"


def is_ready(podman: Podman, pod: Pod, address: IPv4Address) -> bool:
    """What its readiness probe says."""
    if "exec" in pod.readiness:
        return podman.attempt("exec", pod.container, *pod.readiness["exec"]["command"]).returncode == 0
    if "tcpSocket" in pod.readiness:
        port = pod.ports[pod.readiness["tcpSocket"]["port"]]
        with socket.socket() as probe:
            probe.settimeout(2)
            return probe.connect_ex((str(address), port)) == 0
    state = podman.run("inspect", "--format={{.State.Status}}", pod.container)
    return state == "running"


def keeps_ending(podman: Podman, pod: Pod) -> bool:
    """Whether its process ended as often as no start that only waits for something does. Its state says nothing: it is
    `stopped` between two starts.
    """
    return int(podman.run("inspect", "--format={{.RestartCount}}", pod.container)) >= ENDS


def _free_address(podman: Podman, region: Region) -> IPv4Address:
    """The next address of the first private subnet, as the VPC's network plugin gives pods theirs."""
    resolved = json.loads(resolved_file(region.environment).read_text())
    first_zone = min(resolved["network"]["zones"])
    subnet = resolved["network"]["zones"][first_zone]["private_cidr"].partition("/")[0]
    template = "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}"
    containers = podman.run("ps", "--all", "--quiet", "--filter", f"network={region.prefix}").split()
    used = set(podman.run("inspect", "--format", template, *containers).split()) if containers else set()
    address = IPv4Address(subnet) + FIRST_ADDRESS
    while str(address) in used:
        address += 1
    return address


def remove_pods(podman: Podman, region: Region) -> int:
    """Remove every pod of the region at once; returns how many there were."""
    pods = running(podman, region)
    for name in pods:
        remove_pod(podman, name)
    configurations = podman.run("volume", "ls", "--quiet", "--filter", f"name=^{region.prefix}(-release)?$").split()
    if configurations:
        podman.run("volume", "rm", "--force", *configurations)
    return len(pods)
