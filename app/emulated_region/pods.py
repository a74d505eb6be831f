"""Pods of the Helm chart, run by podman with addresses in a private subnet, in place of EKS.

A changed chart, image or configuration is rolled out like a Deployment: new pods start first, and when they are ready, the
old ones are stopped with their whole grace period.
"""

import json
import socket
from contextlib import suppress
from ipaddress import IPv4Address

import yaml
from celery_platform.environment.files import resolved_file
from celery_platform.release import helm
from container_image.build import bootstrapped_base, build, build_console

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

# Above the addresses of hosts in the subnet.
FIRST_ADDRESS = 200
READY_SECONDS = 120
LOG_LINES = 20
# Podman restarts a container immediately, without a kubelet's back-off.
ENDS = 5
# Additional time for podman on a busy machine.
STOP_SECONDS = 30


def ensure_pods(region: Region) -> None:
    """Run the pods of the environment's chart and no others. A second call changes nothing.

    Raises:
        RegionError: the account does not respond, or a pod did not become ready.
        ChartError: the chart cannot be rendered for this environment.
    """
    podman = Podman(region.containers_conf)
    resolved = json.loads(resolved_file(region.environment).read_text())
    wanted: list[Pod] = []
    hooks: list[Pod] = []
    if resolved["eks"]["enabled"]:
        with step("the app's image"):
            images = {"image": build(podman, bootstrapped_base(podman), region.environment)}
            if resolved["console"] and resolved["console"]["runs_on"] == "eks":
                images["console_image"] = build_console(podman, bootstrapped_base(podman), region.environment)
        admission = Admission(region.prefix, aws_variables(region), region.trust_file)
        manifests = _manifests(region, podman, images, resolved)
        wanted, hooks = list(admit(manifests, admission)), list(admit_hooks(manifests, admission))
    existing = running(podman, region)
    # Like `helm upgrade`, which is not needed if nothing changed.
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
    """The region's pods and the digest of each specification; empty for a pod that does not run completely."""
    rows = json.loads(podman.run("pod", "ps", "--filter", f"label={region.label}", "--format", "json") or "[]")
    return {
        row["Name"]: row["Labels"].get(SPEC_LABEL, "") if row["Status"] == "Running" else ""
        for row in rows or []
        if row["Labels"].get(KIND_LABEL) == KIND
    }


def remove_pod(podman: Podman, name: str, grace_seconds: int = 0) -> None:
    """Stop a pod's processes within their grace period, and remove it with its volumes.

    If a pod's conmon was killed, for example with the session of `make up`, podman would wait for its end for ever.
    """
    if grace_seconds:
        with suppress(ContainerError):
            podman.attempt("pod", "stop", "--time", str(grace_seconds), name, seconds=grace_seconds + STOP_SECONDS)
    podman.run("pod", "rm", "--force", "--time", "0", name)
    volumes = podman.run("volume", "ls", "--quiet", "--filter", f"name=^{name}-").split()
    if volumes:
        podman.run("volume", "rm", "--force", *volumes)


def _manifests(
    region: Region, podman: Podman, images: dict[str, str], resolved: dict[str, object]
) -> list[dict[str, object]]:
    def by_digest(image: str) -> str:
        return f"{image.partition(':')[0]}@{podman.run('image', 'inspect', '--format={{.Digest}}', image)}"

    account, prefix = Account(region), resolved["discovery_prefix"]
    found = {name: account.parameter(f"{prefix}/{name}") for name in helm.discovery_parameters(resolved)}
    values = ("-f", str(resolved_file(region.environment)), *(f"--set={value}={by_digest(image)}" for value, image in images.items()))
    text = helm.template(*values, *helm.discovery(found))
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
        has_ended=lambda: keeps_ending(podman, pod), remedy="correct the cause and run `make up` again",
    )  # fmt: skip
    return f"{address} ready"


def is_ready(podman: Podman, pod: Pod, address: IPv4Address) -> bool:
    """Whether its readiness probe succeeds."""
    if "exec" in pod.readiness:
        return podman.attempt("exec", pod.container, *pod.readiness["exec"]["command"]).returncode == 0
    if "tcpSocket" in pod.readiness:
        port = pod.ports[pod.readiness["tcpSocket"]["port"]]
        with socket.socket() as probe:
            probe.settimeout(2)
            return probe.connect_ex((str(address), port)) == 0
    if "httpGet" in pod.readiness:
        asks = pod.readiness["httpGet"]
        return answers.http(f"http://{address}:{pod.ports[asks['port']]}{asks['path']}")
    state = podman.run("inspect", "--format={{.State.Status}}", pod.container)
    return state == "running"


def keeps_ending(podman: Podman, pod: Pod) -> bool:
    """Whether its process ended more often than one that only waits for something. Its state does not help, since it is
    `stopped` between two starts.
    """
    return int(podman.run("inspect", "--format={{.RestartCount}}", pod.container)) >= ENDS


def _free_address(podman: Podman, region: Region) -> IPv4Address:
    """The next free address of the first private subnet, as the VPC CNI assigns addresses to pods."""
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
    """Remove all pods of the region immediately; returns their number."""
    pods = running(podman, region)
    for name in pods:
        remove_pod(podman, name)
    configurations = podman.run("volume", "ls", "--quiet", "--filter", f"name=^{region.prefix}(-release)?$").split()
    if configurations:
        podman.run("volume", "rm", "--force", *configurations)
    return len(pods)
