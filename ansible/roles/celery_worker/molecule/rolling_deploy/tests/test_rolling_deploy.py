"""Hosts are deployed to, drained and patched under load: no entry is lost, whether or not a release works."""

import json
import os
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.harness.ledger import Ledger
from tests.harness.waiting import eventually
from tests.stops.brokers import Broker
from tests.stops.hosts import ANSIBLE, FIRST_PORT, OF_THE_TESTS, Host, deploy, variables_of
from tests.stops.load import Load, under_load
from tests.stops.releases import BROKEN, NEXT, release

SCENARIO = yaml.safe_load((Path(__file__).parents[1] / "molecule.yml").read_text())
HOSTS = [Host(platform["name"]) for platform in SCENARIO["platforms"]]
PENDING_UPGRADE = ANSIBLE / "roles" / "host" / "molecule" / "pending_upgrade.sh"
UNIT = "celery-worker@io-1.service"
# The hosts share this machine's ports.
PORT = f"{{{{ {FIRST_PORT} + 10 * (inventory_hostname[-1] | int) }}}}"

pytestmark = pytest.mark.timeout(1500)


def runs(host: Host) -> str:
    """The release of the host's running worker."""
    loaded = host.run("grep", "-om1", "/opt/celery/releases/[0-9a-f]*", f"/proc/{host.show(UNIT, 'MainPID')}/maps")
    return loaded.rpartition("/")[2]


def move(rabbitmq: Broker, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run `workers.yml` on the hosts, one at a time."""
    return deploy(rabbitmq.environment, celery_worker_metrics_port=PORT, **variables)


def make(*words: str) -> subprocess.CompletedProcess[str]:
    """Run a verb of the Makefile on the scenario's hosts."""
    inventory = {"ANSIBLE_INVENTORY": os.environ["MOLECULE_INVENTORY_FILE"], "ANSIBLE_INVENTORY_ENABLED": "yaml"}
    variables = os.environ | OF_THE_TESTS | inventory | {"ANSIBLE_CONFIG": str(ANSIBLE / "ansible.cfg")}
    return subprocess.run(
        ["make", *words], cwd=ANSIBLE.parent, env=variables, text=True, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, timeout=900,
    )  # fmt: skip


def worked_through(load: Load) -> None:
    """Check that enough entries were sent, all were made once, and no attempt was interrupted."""
    print(f"\n{load.sent} entries: {load.lost} lost, {load.repeated} duplicated, {load.again} retried", flush=True)
    assert load.sent > 40
    assert (load.lost, load.repeated, load.again) == (0, 0, 0)


@pytest.fixture
def given(rabbitmq: Broker, tmp_path: Path) -> str:
    """What a verb is typed with, since its inventory has the scenario's hosts and not the environment's."""
    file = tmp_path / "variables.json"
    file.write_text(json.dumps(variables_of(rabbitmq.environment) | {"celery_worker_metrics_port": PORT}))
    return f"ARGS=-e @{file}"


@pytest.fixture(scope="module", autouse=True)
def first(rabbitmq: Broker) -> str:
    """The release that runs first."""
    done = move(rabbitmq)
    assert done.returncode == 0, done.stdout[-6000:]
    for host in HOSTS:
        host.wait_until_ready("io-1")
    return runs(HOSTS[0])


def test_a_deploy_under_load_moves_every_host_and_loses_nothing(
    rabbitmq: Broker, ledger: Ledger, tmp_path: Path, first: str
) -> None:
    with under_load(rabbitmq.environment, ledger, tmp_path) as load:
        done = move(rabbitmq, celery_app_wheelhouse=str(release(tmp_path / "wheelhouse", NEXT)))

    assert done.returncode == 0, done.stdout[-6000:]
    (now,) = {runs(host) for host in HOSTS}
    assert now != first
    worked_through(load)


def test_a_release_that_does_not_start_goes_back_and_reaches_no_second_host(
    rabbitmq: Broker, ledger: Ledger, tmp_path: Path
) -> None:
    before = {host.name: (runs(host), host.show(UNIT, "ActiveEnterTimestamp")) for host in HOSTS}
    with under_load(rabbitmq.environment, ledger, tmp_path) as load:
        done = move(rabbitmq, celery_app_wheelhouse=str(release(tmp_path / "wheelhouse", BROKEN)))

    assert done.returncode != 0, done.stdout[-6000:]
    assert "molecule-deploy-1: rolled back to release" in done.stdout.replace("\n", " "), done.stdout[-6000:]
    HOSTS[0].wait_until_ready("io-1")
    assert runs(HOSTS[0]) == before[HOSTS[0].name][0]
    for host in HOSTS[1:]:
        assert (runs(host), host.show(UNIT, "ActiveEnterTimestamp")) == before[host.name], "the host was changed"
    worked_through(load)


def test_make_drain_lets_a_host_finish_while_the_others_go_on(
    rabbitmq: Broker, ledger: Ledger, tmp_path: Path, given: str
) -> None:
    drained, *others = HOSTS
    with under_load(rabbitmq.environment, ledger, tmp_path) as load:
        eventually(lambda: load.asked() > 40, "work on every host")
        done = make("drain", f"HOST={drained.name}", given)
        at_the_end = load.asked()
        eventually(lambda: load.asked() > at_the_end + 5, "work on the others")

    assert done.returncode == 0, done.stdout[-3000:]
    assert f"{drained.name}: {UNIT} drained" in done.stdout
    assert drained.show(UNIT, "ActiveState") == "inactive"
    assert [host.show(UNIT, "ActiveState") for host in others] == ["active"] * len(others)
    worked_through(load)
    drained.run("systemctl", "start", UNIT)  # as `make site` does, for the tests after this one
    drained.wait_until_ready("io-1")


def test_make_patch_reboots_a_host_whose_workers_have_finished(
    rabbitmq: Broker, ledger: Ledger, tmp_path: Path, given: str
) -> None:
    patched = HOSTS[-1]
    patched.run("sh", "-c", PENDING_UPGRADE.read_text(), "pending_upgrade", "reboot")
    booted = patched.run("systemctl", "show", "--value", "-p", "UserspaceTimestampMonotonic")
    with under_load(rabbitmq.environment, ledger, tmp_path) as load:
        eventually(lambda: load.asked() > 40, "work on every host")
        done = make("patch", given)

    assert done.returncode == 0, done.stdout[-6000:]
    assert f"{patched.name}: {UNIT} drained" in done.stdout
    assert patched.run("dpkg-query", "--show", "--showformat=${Version}", "pending") == "2.0"
    assert patched.run("systemctl", "show", "--value", "-p", "UserspaceTimestampMonotonic") != booted
    for host in HOSTS:
        assert host.is_ready("io-1"), host.name
    worked_through(load)
