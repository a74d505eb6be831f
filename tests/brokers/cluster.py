"""A real RabbitMQ cluster of containers, whose nodes can be killed, frozen and brought back."""

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.harness.removal import removed_at_the_end
from tests.harness.servers import REPOSITORY

USER, PASSWORD = "celery", "celery"
# A node that thaws and joins again by itself was seen to take five.
THAW_SECONDS = 20
# The key under which each generation lists the running nodes of its cluster.
RUNNING = dict.fromkeys(("4", "43"), "rabbit_nodes:list_running()") | {"3": "rabbit_mnesia:cluster_nodes(running)"}
# The addresses of each generation: a slice of the network that the process has.
FIRST_ADDRESS = {"4": 0, "43": 64, "3": 128}


@dataclass(frozen=True)
class Node:
    """One node; `name` is its container's and its Erlang host's."""

    cluster: "Cluster"
    name: str
    address: str

    def kill(self) -> None:
        """Kill the node, as a host does that loses power."""
        self.cluster.podman("kill", self.name)

    def freeze(self) -> None:
        """Freeze the node, as when a disk or hypervisor hangs: connections stay open and nothing answers."""
        self.cluster.podman("pause", self.name)

    def heal(self) -> None:
        """Undo either, and wait until the node serves.

        A node that thaws may see its peers again before it has counted them and paused. It then stays apart from them,
        whatever `cluster_partition_handling` says (seen with 3.10), until somebody does what the runbook of
        CeleryBrokerPartitioned asks for.
        """
        state = self.cluster.podman("inspect", "--format", "{{.State.Status}}", self.name)
        if state == "paused":
            self.cluster.podman("unpause", self.name)
            if self.cluster.apart(THAW_SECONDS):
                self.cluster.podman("restart", "--time=10", self.name)
        elif state != "running":
            self.cluster.podman("start", self.name)
        self.cluster.wait()

    def control(self, *words: str) -> str:
        """Run rabbitmqctl in it."""
        return self.cluster.podman("exec", self.name, "/usr/lib/rabbitmq/bin/rabbitmqctl", "--quiet", *words)


class Cluster:
    """Nodes on a network of their own."""

    def __init__(self, generation: str, size: int, state: Path) -> None:
        from local_containers.images import RABBITMQ_3, RABBITMQ_4, RABBITMQ_4_3, ensure_images
        from local_containers.limits import write_containers_conf
        from local_containers.podman import Podman

        conf = state / "containers.conf"
        write_containers_conf(conf)
        self._podman = Podman(conf)
        recipe = {"4": RABBITMQ_4, "43": RABBITMQ_4_3, "3": RABBITMQ_3}[generation]
        ensure_images(self._podman, Path(os.environ.get("REGION_CACHE") or REPOSITORY / ".cache"), [recipe])
        self.image = recipe.tag
        self.generation = generation
        self.network = f"broker-contract-{generation}-{os.getpid()}"
        # A slice of 10.97/16 for each process, so that two test runs do not meet.
        first = FIRST_ADDRESS[generation]
        self.subnet = f"10.97.{os.getpid() % 250}.{first}/26"
        self.nodes = [
            Node(self, f"{self.network}-{number + 1}", f"10.97.{os.getpid() % 250}.{first + 10 + number}")
            for number in range(size)
        ]
        self.state = state

    @property
    def url(self) -> str:
        """Return the URL of every node, as discovery publishes it."""
        return ";".join(f"amqp://{node.address}:5672" for node in self.nodes)

    @property
    def podman_variables(self) -> dict[str, str]:
        """The process environment of podman."""
        return self._podman.environment()

    def podman(self, *words: str) -> str:
        """Run podman and return what it printed."""
        return self._podman.run(*words)

    def start(self) -> None:
        """Make the network and the nodes, and wait until all have joined."""
        self.podman("network", "create", "--subnet", self.subnet, self.network)
        for node in self.nodes:
            self._create(node)
        for node in self.nodes:
            self.podman("start", node.name)
        self.wait()
        if self.generation == "3":
            # Below the policies that tests set.
            mirrored = ("set_policy", "mirrored", "^celery", '{"ha-mode": "all", "ha-sync-mode": "automatic"}')
            self.nodes[0].control(*mirrored, "--priority", "-1", "--apply-to", "queues")

    def _create(self, node: Node) -> None:
        folder = self.state / node.name
        folder.mkdir(parents=True)
        (folder / "rabbitmq.conf").write_text(
            "cluster_formation.peer_discovery_backend = classic_config\n"
            + "".join(
                f"cluster_formation.classic_config.nodes.{number} = rabbit@{peer.name}\n"
                for number, peer in enumerate(self.nodes, 1)
            )
            + "cluster_partition_handling = pause_minority\n"
            + f"default_user = {USER}\ndefault_pass = {PASSWORD}\nloopback_users = none\n"
            + ("raft.adaptive_failure_detector.poll_interval = 1000\n" if self.generation != "3" else "")
            # As the role sets it: with the default of 60 s, what a frozen node's consumers held came a minute late.
            + ("consumer_disconnected_timeout = 1000\n" if self.generation == "43" else "")
        )
        (folder / "enabled_plugins").write_text("[].\n")
        self.podman(
            "create", f"--name={node.name}", f"--hostname={node.name}", f"--network={self.network}",
            f"--ip={node.address}", "--init", "--env=HOME=/var/lib/rabbitmq",
            f"--env=RABBITMQ_NODENAME=rabbit@{node.name}",
            "--env=RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=-setcookie contract -kernel net_ticktime 5",
            "--env=RABBITMQ_CTL_ERL_ARGS=-setcookie contract",
            f"--volume={folder}:/etc/rabbitmq:ro",
            *(f"--add-host={peer.name}:{peer.address}" for peer in self.nodes),
            self.image, "/usr/lib/rabbitmq/bin/rabbitmq-server",
        )  # fmt: skip

    def wait(self, seconds: float = 120) -> None:
        """Wait until every node runs and knows all others."""
        apart = self.apart(seconds)
        if apart:
            pytest.fail(apart)

    def apart(self, seconds: float) -> str:
        """Say why some node does not run or know all others after so many seconds; empty as soon as all do."""
        end = time.monotonic() + seconds
        waiting = list(self.nodes)
        while waiting:
            done = self._podman.attempt(
                "exec", waiting[0].name, "/usr/lib/rabbitmq/bin/rabbitmqctl", "--quiet", "eval",
                f"length({RUNNING[self.generation]}) =:= {len(self.nodes)}.",
            )  # fmt: skip
            if done.returncode == 0 and done.stdout.strip() == b"true":
                waiting.pop(0)
            elif time.monotonic() > end:
                said = self._podman.logs(waiting[0].name, 30)
                return f"{waiting[0].name} did not join:\n{done.stderr.decode()}{said}"
            else:
                time.sleep(1)
        return ""

    @contextmanager
    def away(self) -> Iterator[None]:
        """Stop every node while the context is open."""
        for node in self.nodes:
            node.kill()
        try:
            yield
        finally:
            for node in self.nodes:
                self.podman("start", node.name)
            self.wait()

    @property
    def removal(self) -> list[list[str]]:
        """The commands that remove the nodes, frozen ones too, and the network."""
        nodes = [node.name for node in self.nodes]
        return [
            ["podman", "rm", "--force", "--ignore", "--time", "0", *nodes],
            ["podman", "network", "rm", "--force", self.network],
        ]


@contextmanager
def cluster(generation: str, folder: Path, size: int = 3) -> Iterator[Cluster]:
    """A cluster of RabbitMQ 4 or 3 that is removed at the end."""
    if os.geteuid() != 0 or shutil.which("podman") is None:
        pytest.skip("a cluster needs root and podman (`python -m emulated_region start` installs it)")
    made = Cluster(generation, size, folder)
    with removed_at_the_end(*made.removal, variables=made.podman_variables):
        made.start()
        yield made
