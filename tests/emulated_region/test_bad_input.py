"""Errors are shown in a few lines (expected, found, what to do) and never with a traceback."""

import json
import os
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from .conftest import Checkout

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="a region needs root")
needs_podman = pytest.mark.skipif(shutil.which("podman") is None, reason="podman is not installed")


def refused(run: subprocess.CompletedProcess[str], *words: str) -> None:
    """Check that the run failed with these words in at most six lines."""
    assert run.returncode == 2, run.stdout
    assert "Traceback" not in run.stdout
    lines = run.stdout[run.stdout.index("cannot continue") :].strip().splitlines()
    assert [line.split(":")[0] for line in lines[1:]] == ["expected", "found", "do"], run.stdout
    for word in words:
        assert word in run.stdout, run.stdout


@needs_root
@needs_podman
def test_a_taken_port_is_named(checkout: Checkout) -> None:
    config = checkout.folder / "aws" / "config"
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        config.write_text(f"[default]\nendpoint_url = http://127.0.0.1:{port}\n")

        refused(checkout.region("start"), f"port {port}", "ss -ltnp", f"environments/{checkout.folder.name}/aws/config")

    assert checkout.region("stop").returncode == 0
    assert not checkout.state.exists()


@needs_root
def test_missing_podman_names_the_packages(checkout: Checkout, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()

    refused(checkout.region("start", PATH=str(tmp_path / "bin")), "podman", "netavark", "mmdebstrap")


@needs_root
def test_hosts_without_podman_say_what_to_do(checkout: Checkout, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()

    assert checkout.region("stop", PATH=str(tmp_path / "bin")).returncode == 0
    refused(checkout.region("status", PATH=str(tmp_path / "bin")), "podman")


def test_hosts_before_start_say_that_aws_does_not_answer(checkout: Checkout) -> None:
    refused(checkout.region("hosts"), "AWS to respond at http://127.0.0.1:", "python -m emulated_region start")


def test_an_unknown_environment_is_refused(checkout: Checkout) -> None:
    refused(checkout.region("-e", "lokal", "start"), "lokal/resolved.json", "check ENV")


def test_an_environment_of_a_real_account_is_refused(checkout: Checkout) -> None:
    shutil.rmtree(checkout.folder / "aws")

    refused(checkout.region("start"), "endpoint_url", "an environment that is emulated")


def test_a_broken_derived_file_is_refused(checkout: Checkout) -> None:
    (checkout.folder / "resolved.json").write_text("{")

    refused(checkout.region("status"), "JSON in", "app environment render")


@pytest.mark.parametrize(("address", "port"), [("10.93.0.13", 8080), ("10.93.0.12", 8081)])
def test_a_service_that_nobody_would_run_is_refused(checkout: Checkout, address: str, port: int) -> None:
    file = checkout.folder / "resolved.json"
    resolved = json.loads(file.read_text())
    resolved["egress"]["services"]["search"] = {"cidr": f"{address}/32", "ports": [port]}
    file.write_text(json.dumps(resolved))

    refused(checkout.region("start"), "services.search at 10.93.0.12", f"{address}:{port}", "services.yml")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("processes: [", ("YAML in",)),
        ("process: []", ("process: Extra inputs",)),
        ("processes: [{name: web, command: [x], ports: [70000]}]", ("processes.0.ports.0", "70000")),
        ("processes: [{name: web, command: [x], folder: app/nothing}]", ("web.folder", "app/nothing")),
        ("processes: [{name: web, command: [x]}, {name: web, command: [y]}]", ("a name of its own", "web twice")),
        ("processes: [{name: a, command: [x], ports: [80]}, {name: b, command: [y], ports: [80]}]", ("80 twice",)),
        ("secrets: {databse_url: x}", ("payment_gateway", "databse_url", "application.secrets")),
    ],
)
def test_a_wrong_file_of_services_is_refused(checkout: Checkout, text: str, words: tuple[str, ...]) -> None:
    (checkout.folder / "services.yml").write_text(text)

    refused(checkout.region("start"), "services.yml", *words)


@needs_root
@needs_podman
def test_somebody_elses_network_of_that_name_is_left_alone(checkout: Checkout) -> None:
    name = f"celery-{checkout.folder.name}"
    subprocess.run(["podman", "network", "create", "--subnet", "10.94.0.0/24", name], check=True, capture_output=True)
    try:
        refused(checkout.region("stop"), "somebody else made")
        assert subprocess.run(["podman", "network", "exists", name], check=False).returncode == 0
    finally:
        subprocess.run(["podman", "network", "rm", name], check=False, capture_output=True)
    assert checkout.region("stop").returncode == 0


def test_an_unknown_verb_shows_the_verbs(checkout: Checkout) -> None:
    run = checkout.region("begin")

    assert run.returncode == 2
    assert "start" in run.stdout
    assert "Traceback" not in run.stdout
