"""One fault after the other under load: no confirmed order is lost, and each has one effect."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import traffic
from conftest import NEW, OLD, OPERATIONS, SCENARIO, judge, note, playbook, podman, wait_until_healthy
from hosts import booted, cut_off, evaluate, leader, metric, new_host

pytestmark = [pytest.mark.usefixtures("running_workers"), pytest.mark.timeout(1200)]

PENDING_UPGRADE = SCENARIO.parents[2] / "host" / "molecule" / "pending_upgrade.sh"
REPLACE = OPERATIONS.parent / "replace"
PATCH = OPERATIONS.parents[1] / "patch.yml"
# The cookie in the inventory, which was the current one until test_cookie_rotated changed it.
COOKIE = ("-e", "rabbitmq_erlang_cookie=molecule-cookie-of-the-next-year")


def test_node_killed(under_load: Callable[..., Any]) -> None:
    with under_load("a node is killed (SIGKILL), systemd starts it again", messages=50_000) as publishing:
        podman("exec", leader(), "sh", "-c", "kill -9 $(pidof beam.smp)")
        publishing.wait_for(500, 120)


def test_rolling_restart(under_load: Callable[..., Any]) -> None:
    with under_load("rolling restart of all nodes"):
        playbook(OPERATIONS / "rolling_restart.yml")


def test_upgrade(under_load: Callable[..., Any]) -> None:
    script = (SCENARIO / "newer_package.sh").read_text()
    for number in (1, 2, 3):
        podman("exec", f"molecule-rabbitmq-{number}", "sh", "-c", script)
    newer = {"name": "newer", "uris": ["file:/var/lib/newer"], "suites": ["./"], "trusted": True}
    with under_load("all nodes upgraded to a newer package"):
        playbook(OPERATIONS / "upgrade.yml", "-e", json.dumps({"rabbitmq_repositories": [newer]}))
    for number in (1, 2, 3):
        version = podman(
            "exec",
            f"molecule-rabbitmq-{number}",
            "dpkg-query",
            "-W",
            "-f",
            "${db:Status-Want} ${Version}",
            "rabbitmq-server",
        )
        assert version == "hold 4.0.99-1"


def test_patched(under_load: Callable[..., Any]) -> None:
    """Every host has an upgrade pending, and that of the second one asks for a reboot."""
    script = PENDING_UPGRADE.read_text()
    hosts = [f"molecule-rabbitmq-{number}" for number in (1, 2, 3)]
    for host in hosts:
        podman("exec", host, "sh", "-c", script, "pending_upgrade", "reboot" if host == hosts[1] else "")
    before = {host: booted(host) for host in hosts}

    shown = playbook(PATCH, "--check")

    assert " ".join(shown.split()).count("upgrades: pending 1.0 -> 2.0") == 3
    with under_load("OS patches on all nodes, one of which has to reboot"):
        playbook(PATCH)
    assert [podman("exec", host, "dpkg-query", "-W", "-f", "${Version}", "pending") for host in hosts] == ["2.0"] * 3
    assert [booted(host) != before[host] for host in hosts] == [False, True, False]
    assert " ".join(playbook(PATCH).split()).count("nothing is pending") == 3


def test_cookie_that_one_node_cannot_take(under_load: Callable[..., Any]) -> None:
    """The cookie file of one node cannot be replaced, so all three restore the old cookie."""
    cookie = "/var/lib/rabbitmq/.erlang.cookie"
    with under_load("Erlang cookie refused by one node, and restored on all"):
        podman("exec", "molecule-rabbitmq-3", "mount", "--bind", cookie, cookie)
        try:
            printed = playbook(SCENARIO / "rotate_erlang_cookie.yml", fails=True)
        finally:
            podman("exec", "molecule-rabbitmq-3", "umount", cookie)
    assert "The cookie was not changed" in " ".join(printed.split())
    for number in (1, 2, 3):
        host = f"molecule-rabbitmq-{number}"
        assert podman("exec", host, "cat", cookie) == "molecule-cookie-molecule-cookie"
        for peer in (1, 2, 3):  # a new connection from the command line, with the cookie in the file
            podman("exec", host, "rabbitmqctl", "-q", "-n", f"rabbit@molecule-rabbitmq-{peer}", "eval", "node().")


def test_cookie_rotated(under_load: Callable[..., Any]) -> None:
    with under_load("Erlang cookie rotated"):
        playbook(SCENARIO / "rotate_erlang_cookie.yml")


def test_node_cut_off(under_load: Callable[..., Any]) -> None:
    with under_load("a node is cut off from the others by the firewall for 60 s"), cut_off(leader()):
        time.sleep(60)


def test_node_that_came_back_apart(under_load: Callable[..., Any]) -> None:
    """Without the server's own handling of partitions, as in the cases where it fails, a node stays apart."""
    with under_load("a node comes back apart from the others, and its host restarts it"):
        apart = leader()
        for number in (1, 2, 3):
            evaluate(f"molecule-rabbitmq-{number}", "application:set_env(rabbit, cluster_partition_handling, ignore).")
        before = evaluate(apart, "os:getpid().")
        with cut_off(apart):
            time.sleep(20)
        end = time.monotonic() + 240
        while evaluate(apart, "os:getpid().") in ("", before):
            assert time.monotonic() < end, podman("exec", apart, "journalctl", "-u", "rabbitmq-rejoin", "--no-pager")
            time.sleep(2)
        for number in (1, 2, 3):
            evaluate(
                f"molecule-rabbitmq-{number}",
                "application:set_env(rabbit, cluster_partition_handling, pause_minority).",
            )
    assert metric(apart, "rabbitmq_rejoin_restarts_total") == 1
    assert metric(apart, "rabbitmq_rejoin_apart_seconds") == 0


def test_node_destroyed_and_replaced(under_load: Callable[..., Any]) -> None:
    with under_load("a node is destroyed, and a new host takes its place"):
        lost = leader()
        new_host(lost)
        playbook(OPERATIONS / "replace_node.yml", "-e", f"rabbitmq_replaced={lost}", *COOKIE)


def test_machine_replaced(under_load: Callable[..., Any], tmp_path: Path) -> None:
    """The steps of `make replace` around Terraform's, which attaches the old machine's data volume to the new one."""
    with under_load("a machine is replaced, and its data volume moves to the new one"):
        host = leader()
        replaced = ("-e", f"replaced_host={host}")
        playbook(REPLACE / "free.yml", *replaced)
        playbook(REPLACE / "free.yml", *replaced)  # as after an interruption
        podman("cp", f"{host}:/var/lib/rabbitmq", str(tmp_path / "volume"))
        new_host(host)
        podman("cp", str(tmp_path / "volume"), f"{host}:/var/lib/rabbitmq")
        playbook(REPLACE / "join.yml", *replaced, *COOKIE)
        playbook(REPLACE / "join.yml", *replaced, *COOKIE)


def test_configuration_changed(under_load: Callable[..., Any]) -> None:
    with under_load("a changed setting, applied by the role"):
        playbook(SCENARIO / "converge.yml", "--limit", "rabbitmq", "-e", "rabbitmq_channel_max=1024", *COOKIE)


def test_queues_have_their_members_in_the_end() -> None:
    wait_until_healthy()
    rows = podman(
        "exec",
        "molecule-rabbitmq-1",
        "rabbitmqctl",
        "-q",
        "-s",
        "list_queues",
        "-p",
        "shop",
        "name",
        "members",
        "online",
    )
    (orders,) = (row for row in rows.splitlines() if row.startswith("orders\t"))
    assert orders.count("rabbit@molecule-rabbitmq-") == 6


def test_move_to_another_cluster(folder: Path, ca: Path) -> None:
    """From RabbitMQ 3.10 on Debian 12: workers run on both clusters, publishers switch, then the rest is moved."""
    with traffic.workers(OLD, folder, ca, name="old"):
        before = traffic.Publishing(OLD, folder, ca, "move-old")
        before.wait_for(500, 60)
    # The old workers have stopped but the publishers have not, so what they publish now must be moved.
    before.wait_for(500, 60)
    after = traffic.Publishing(NEW, folder, ca, "move-new")
    assert before.stop() == 0
    begun = time.time()
    where = "amqps://shop:molecule-password@10.97.4.14:5671/shop?cacertfile=/etc/rabbitmq/tls/ca_certificate.pem&verify=verify_peer"
    source = {"rabbitmq_move_from": {"vhost": "shop", "uris": [where]}, "rabbitmq_move_to_vhost": "shop"}
    playbook(OPERATIONS / "move_cluster.yml", "-e", json.dumps(source), *COOKIE)
    after.wait_for(500, 60)
    judge("blue-green move, 3.10 to 4.0: published to the new", after, folder, "move-new", begun, time.time() - begun)
    missing = traffic.lost(folder, before.confirmed(), "move-old")
    done, _seen = traffic.effects(folder, "move-old")
    note(
        "blue-green move, 3.10 to 4.0: published to the old",
        before,
        folder,
        "move-old",
        begun,
        time.time() - begun,
        missing,
    )
    assert missing == set()
    assert done == len(before.confirmed())
