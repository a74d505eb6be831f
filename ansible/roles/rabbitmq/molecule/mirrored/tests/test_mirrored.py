"""Mirrored queues keep their mirrors synchronised, and their messages move to quorum queues under load."""

import json
import os
import subprocess
import sys
from pathlib import Path

SCENARIO = Path(__file__).parents[1]
OPERATIONS = SCENARIO.parents[3] / "operations" / "rabbitmq"
CA = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "ca_certificate.pem"
sys.path.insert(0, str(SCENARIO.parent / "hard_day" / "load"))

import traffic  # noqa: E402 - the load of the scenario hard_day

ADDRESSES = tuple(f"10.97.4.1{number}" for number in (1, 2, 3))
MIRRORED = traffic.Cluster(ADDRESSES, queue_type="classic")
QUORUM = traffic.Cluster(ADDRESSES, vhost="shop-quorum")


def _ctl(*words: str) -> str:
    command = ["podman", "exec", "molecule-rabbitmq-1", "rabbitmqctl", "-q", "-s", *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_every_mirrored_queue_has_a_copy_on_each_node_in_step(tmp_path: Path) -> None:
    with traffic.workers(MIRRORED, tmp_path, CA):
        publishing = traffic.Publishing(MIRRORED, tmp_path, CA, "mirrored")
        (orders,) = (
            row for row in _ctl("list_queues", "-p", "shop", "name", "policy", "synchronised_slave_pids").splitlines()
            if row.startswith("orders\t")
        )  # fmt: skip
        assert orders.split("\t")[1] == "mirrored"
        assert orders.count("rabbit@molecule-rabbitmq-") == 2
        assert publishing.stop() == 0
        assert traffic.lost(tmp_path, publishing.confirmed(), "mirrored") == set()


def test_messages_move_to_quorum_queues_and_none_is_lost(tmp_path: Path) -> None:
    before = traffic.Publishing(MIRRORED, tmp_path, CA, "before")  # nothing consumes these, so they must be moved
    with traffic.workers(QUORUM, tmp_path, CA):
        after = traffic.Publishing(QUORUM, tmp_path, CA, "after")
        assert before.stop() == 0
        variables = json.dumps({"rabbitmq_move_from_vhost": "shop", "rabbitmq_move_to_vhost": "shop-quorum"})
        done = subprocess.run(
            ["ansible-playbook", "-i", os.environ["MOLECULE_INVENTORY_FILE"], "-e", variables,
             str(OPERATIONS / "migrate_mirrored_to_quorum.yml")],
            env=os.environ | {"ANSIBLE_ROLES_PATH": str(SCENARIO.parents[2])}, text=True, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=900,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout[-6000:]
        assert after.stop() == 0
        assert traffic.lost(tmp_path, before.confirmed(), "before") == set()
        assert traffic.lost(tmp_path, after.confirmed(), "after") == set()
