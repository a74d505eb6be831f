"""Changes that would lose messages or form two clusters are refused, and the message says what to do."""

import json
import os
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import kombu
import trustme

SCENARIO = Path(__file__).parents[1]
OPERATIONS = SCENARIO.parents[3] / "operations" / "rabbitmq"
PATCH = OPERATIONS.parents[1] / "patch.yml"
CONVERGE = SCENARIO.parent / "default" / "converge.yml"
NODE = "molecule-rabbitmq-1"


def _refused(file: Path, *variables: str) -> str:
    """The output of a playbook that must fail, as one line."""
    options = [part for variable in variables for part in ("-e", variable)]
    done = subprocess.run(
        ["ansible-playbook", "-i", os.environ["MOLECULE_INVENTORY_FILE"], str(file), *options],
        env=os.environ | {"ANSIBLE_ROLES_PATH": str(SCENARIO.parents[2])}, text=True, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600,
    )  # fmt: skip
    assert done.returncode != 0, done.stdout[-3000:]
    return " ".join(done.stdout.split())


def _inside(*words: str) -> str:
    return subprocess.run(["podman", "exec", NODE, *words], check=True, capture_output=True, text=True).stdout


@contextmanager
def _memory_alarm() -> Iterator[None]:
    _inside("rabbitmqctl", "set_vm_memory_high_watermark", "absolute", "1")
    try:
        yield
    finally:
        _inside("rabbitmqctl", "set_vm_memory_high_watermark", "0.6")


def _publish_one() -> None:
    ca = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "ca_certificate.pem"
    tls = {"ca_certs": str(ca), "cert_reqs": ssl.CERT_REQUIRED}
    with kombu.Connection("amqps://shop:molecule-password@10.97.4.11:5671/shop", ssl=tls) as connection:
        queue = connection.SimpleQueue("kept", queue_args={"x-queue-type": "quorum"})
        queue.put({"hello": "world"})
        queue.close()


def test_two_seeds() -> None:
    printed = _refused(
        SCENARIO / "spare.yml", "rabbitmq_even_is_temporary=true", "rabbitmq_seed={{ inventory_hostname }}"
    )
    assert "Expected one rabbitmq_seed" in printed
    assert "Two seeds would form two clusters." in printed


def test_an_even_cluster() -> None:
    assert "Expected an odd number of nodes, found 2." in _refused(SCENARIO / "spare.yml")


def test_a_patch_round_past_a_node_that_an_interrupted_round_left_stopped() -> None:
    _inside("systemctl", "stop", "rabbitmq-server")
    try:
        printed = _refused(PATCH, '{"host_needs_patches": false}')
    finally:
        _inside("systemctl", "start", "rabbitmq-server")
    assert f"rabbit@{NODE} does not respond" in printed


def test_mirrored_queues_on_rabbitmq_4() -> None:
    printed = _refused(CONVERGE, "rabbitmq_replication=mirrored")
    assert "Expected rabbitmq_replication quorum on RabbitMQ 4.0, found mirrored" in printed
    assert "migrate_mirrored_to_quorum.yml" in printed


def test_discovery_through_ec2_with_other_host_names() -> None:
    printed = _refused(CONVERGE, "rabbitmq_peer_discovery=aws")
    assert "Expected rabbitmq_aws_region, rabbitmq_aws_tags and a host named ip-10-97-4-11" in printed


def test_a_downgrade() -> None:
    printed = _refused(CONVERGE, "rabbitmq_version=3.13")
    assert "Expected RabbitMQ 3.13, found the newer 4.0.5. RabbitMQ cannot be downgraded" in printed


def test_an_upgrade_without_the_playbook() -> None:
    assert "Upgrade it node by node with operations/rabbitmq/upgrade.yml." in _refused(CONVERGE, "rabbitmq_version=4.1")


def test_an_older_patch_of_the_same_series() -> None:
    assert "Expected RabbitMQ 4.0.4, found the newer 4.0.5." in _refused(CONVERGE, "rabbitmq_version=4.0.4")


def test_a_newer_patch_without_the_playbook() -> None:
    printed = _refused(CONVERGE, "rabbitmq_version=4.0.6")
    assert "Expected RabbitMQ 4.0.6, found 4.0.5. Upgrade it node by node" in printed


def test_an_upgrade_that_skips_a_version() -> None:
    printed = _refused(OPERATIONS / "upgrade.yml", "rabbitmq_version=4.3")
    assert "Expected one of 4.2 to upgrade to 4.3 from, found 4.0.5." in printed


def test_another_cookie() -> None:
    printed = _refused(CONVERGE, "rabbitmq_erlang_cookie=another-cookie-another-cookie")
    assert "is not the one in the secret" in printed
    assert "rotate_erlang_cookie.yml" in printed


def test_another_authority(tmp_path: Path) -> None:
    authority = trustme.CA(organization_name="Another")
    ca = {
        "certificate": authority.cert_pem.bytes().decode(),
        "private_key": authority.private_key_pem.bytes().decode(),
    }
    variables = tmp_path / "ca.json"
    variables.write_text(json.dumps({"rabbitmq_ca": ca}))
    assert "Nodes that trust different authorities cannot form a cluster" in _refused(CONVERGE, f"@{variables}")


def test_no_tls_on_a_cluster_that_speaks_it() -> None:
    assert "Expected TLS between nodes to stay on" in _refused(CONVERGE, "rabbitmq_tls=false")


def test_a_restart_while_an_alarm_is_on() -> None:
    started = _inside("systemctl", "show", "--property=MainPID", "rabbitmq-server")
    with _memory_alarm():
        printed = _refused(OPERATIONS / "rolling_restart.yml")
    assert "an alarm is on:" in printed
    assert "No further node was stopped." in printed
    assert _inside("systemctl", "show", "--property=MainPID", "rabbitmq-server") == started


def test_a_policy_the_server_does_not_know() -> None:
    policy = (
        '{"rabbitmq_policies": [{"name": "x", "vhost": "shop", "pattern": ".*", "definition": {"no-such-key": 1}}]}'
    )
    assert "no-such-key" in _refused(CONVERGE, policy)


def test_to_forget_a_virtual_host_that_holds_messages() -> None:
    _publish_one()
    printed = _refused(CONVERGE, '{"rabbitmq_vhosts": ["other"], "rabbitmq_users": [], "rabbitmq_policies": []}')
    assert "Virtual host shop is no longer in rabbitmq_vhosts but holds 1 messages." in printed
