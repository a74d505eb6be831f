"""In place of Session Manager: what a host serves on its loopback is forwarded, and nothing else of it is reached."""

import errno
import http.client
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from celery_platform.settings.tunnelled import forwarded
from celery_platform.tunnel.targets import gate_ports
from emulated_region import plan
from emulated_region.forwarder import Inside, serve
from emulated_region.forwarding import ends, ensure_forwarding, stop_forwarding
from emulated_region.plan import Region
from local_containers.podman import Podman

from tests.harness.waiting import eventually

from .conftest import Checkout

PORT = 8321
HOSTS: dict[str, object] = {"monitoring_hosts": {"celery-local-monitoring-1": {}}, "console": None}
# A server in a network of its own, whose loopback is down at first.
SERVER = f"ip link set lo up && cd {{folder}} && exec {sys.executable} -m http.server --bind 127.0.0.1 {PORT}"


class OneProcess(Podman):
    """A process in place of a container: a network namespace is all that a host needs here."""

    def __init__(self, process: int) -> None:
        super().__init__(Path())
        self._process = process

    def attempt(self, *_: str, data: bytes | None = None, seconds: float = 300) -> subprocess.CompletedProcess[bytes]:  # noqa: ARG002
        """What `podman inspect` says of it."""
        return subprocess.CompletedProcess([], 0, f"{self._process}\n".encode(), b"")


@pytest.fixture
def host(tmp_path: Path) -> Iterator[int]:
    """The process of a server in a network of its own."""
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        pytest.skip("needs root and unshare(1)")
    (tmp_path / "health").write_text("ok")
    process = subprocess.Popen(
        ["unshare", "--net", "sh", "-c", SERVER.format(folder=tmp_path)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    yield process.pid
    process.kill()
    process.wait()


def asked(port: int) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("GET", "/health")
    return connection.getresponse().read().decode()


def answers(port: int) -> str:
    try:
        return asked(port)
    except (OSError, http.client.HTTPException):
        return ""


@pytest.mark.server
def test_a_local_port_leads_to_the_loopback_of_the_host(host: int) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=serve, args=(listener, Inside(OneProcess(host), "host"), PORT), daemon=True).start()

    assert eventually(lambda: answers(listener.getsockname()[1]), "an answer through the forwarded port") == "ok"


@pytest.mark.server
def test_a_host_that_does_not_run_closes_the_connection() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=serve, args=(listener, Inside(OneProcess(0), "host"), PORT), daemon=True).start()

    with socket.create_connection(listener.getsockname()) as client:
        client.settimeout(5)
        assert client.recv(1) == b""


@pytest.mark.parametrize(
    ("console", "labels"),
    [(None, ["prometheus", "alertmanager"]),
     ({"runs_on": "hosts", "port": PORT}, ["prometheus", "alertmanager", "console"]),
     ({"runs_on": "eks", "port": PORT}, ["prometheus", "alertmanager"])],
)  # fmt: skip
def test_what_is_forwarded_follows_from_the_environment(console: object, labels: list[str]) -> None:
    ports = gate_ports(HOSTS | {"console": console})

    assert list(ports) == labels
    assert [end.host for end in ends(ports, iter(range(1, 9)))] == ["127.0.0.1"] * len(labels)
    assert gate_ports({"monitoring_hosts": {}, "console": console}) == {}


class OnceBusy(socket.socket):
    """A listener that has no descriptor for its first client: a real lack of them would be that of every test here."""

    refused = False

    def accept(self) -> tuple[socket.socket, object]:
        """Refuse once."""
        if not self.refused:
            self.refused = True
            raise OSError(errno.EMFILE, "Too many open files")
        return super().accept()


@pytest.mark.server
def test_a_lack_of_descriptors_ends_nothing(host: int) -> None:
    listener = OnceBusy()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    threading.Thread(target=serve, args=(listener, Inside(OneProcess(host), "host"), PORT), daemon=True).start()

    assert eventually(lambda: answers(listener.getsockname()[1]), "an answer after the refusal") == "ok"


@pytest.fixture
def region(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> Iterator[Region]:
    """A region of a name of its own, with a monitoring host that does not run."""
    checkout.folder.rename(checkout.environments / "forwarding")
    monkeypatch.setenv("ENVIRONMENTS", str(checkout.environments))
    found = plan.read("forwarding", with_outside=False)
    found.state.mkdir(parents=True, exist_ok=True)
    yield found
    stop_forwarding(found)
    shutil.rmtree(found.state, ignore_errors=True)


def listening(process: int) -> list[str]:
    """Local addresses on which a process listens, as the kernel writes them."""
    inodes = {str(link.readlink()) for link in Path(f"/proc/{process}/fd").iterdir() if link.is_symlink()}
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    lines += [line.split() for line in Path("/proc/net/tcp6").read_text().splitlines()[1:]]
    return [words[1] for words in lines if words[3] == "0A" and f"socket:[{words[9]}]" in inodes]


@pytest.mark.server
def test_it_listens_on_loopback_alone_until_the_region_stops(region: Region) -> None:
    ensure_forwarding(region)
    process = int((region.state / "forwarder.pid").read_text())

    wanted = {f"0100007F:{end.local:04X}" for end in forwarded(region.environment)}
    assert len(wanted) == 3
    assert set(listening(process)) == wanted
    stop_forwarding(region)
    assert not Path(f"/proc/{process}").exists()
    assert forwarded(region.environment) == []


@pytest.mark.server
def test_it_ends_when_nobody_could_find_it_any_more(region: Region) -> None:
    ensure_forwarding(region)
    process = int((region.state / "forwarder.pid").read_text())

    shutil.rmtree(region.state)

    eventually(lambda: ended(process), "the end of the process")


def ended(process: int) -> bool:
    with suppress(ChildProcessError):
        os.waitpid(process, os.WNOHANG)
    return not Path(f"/proc/{process}").exists()
