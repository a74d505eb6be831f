"""The hosts of the cluster: what is asked of them, and what is done to them."""

import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from conftest import podman


def leader() -> str:
    """The host with the leader of the order queue, whose failure has the largest effect."""
    rows = podman(
        "exec", "molecule-rabbitmq-1", "rabbitmqctl", "-q", "-s", "list_queues", "-p", "shop", "name", "leader"
    )
    (leader,) = (row.split("\t")[1] for row in rows.splitlines() if row.startswith("orders\t"))
    return leader.removeprefix("rabbit@")


def booted(host: str) -> str:
    """The time at which the host booted."""
    return podman("exec", host, "systemctl", "show", "--value", "--property=UserspaceTimestampMonotonic")


@contextmanager
def cut_off(host: str) -> Iterator[None]:
    """Drop all packets between a host and the others while the block runs."""
    process = podman("inspect", "--format", "{{.State.Pid}}", host)

    def change(verb: str) -> None:
        for number in {"1", "2", "3"} - {host[-1]}:
            for chain, side in (("INPUT", "-s"), ("OUTPUT", "-d")):
                rule = ["iptables", verb, chain, side, f"10.97.4.1{number}", "-j", "DROP"]
                subprocess.run(["nsenter", "--target", process, "--net", *rule], check=True, capture_output=True)

    change("-I")
    try:
        yield
    finally:
        change("-D")


def evaluate(host: str, expression: str) -> str:
    """The value of an Erlang expression in a host's node; empty if the node does not answer."""
    return podman("exec", host, "rabbitmqctl", "-q", "eval", expression, check=False)


def metric(host: str, name: str) -> float:
    """A metric of a node, once its host has reported it after the node's start."""
    end = time.monotonic() + 90
    while time.monotonic() < end:
        with urllib.request.urlopen(f"http://10.97.4.1{host[-1]}:15692/metrics", timeout=20) as answer:
            for line in answer.read().decode().splitlines():
                if line.startswith(f"{name} "):
                    return float(line.split()[1])
        time.sleep(2)
    raise AssertionError(f"{host} reports no {name}")


def new_host(name: str) -> None:
    """Replace a host by a new one with the same name and address."""
    image, volume = podman("inspect", "--format", "{{.ImageName}} {{(index .Mounts 0).Source}}", name).split()
    podman("rm", "--force", "--time", "0", name)
    podman(
        "run", "--detach", "--name", name, "--hostname", name, "--systemd=always", "--cap-add=SYS_ADMIN",
        "--network=molecule-rabbitmq", f"--ip=10.97.4.1{name[-1]}", f"--volume={volume}:/var/cache/apt/archives",
        image, "/sbin/init",
    )  # fmt: skip
