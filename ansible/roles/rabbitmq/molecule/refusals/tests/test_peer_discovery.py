"""The plugin for discovery through EC2 is enabled, and the server accepts its configuration."""

import os
import subprocess
from pathlib import Path

SCENARIO = Path(__file__).parents[1]
HOST = "ip-10-97-4-12"


def _inside(*words: str) -> str:
    return subprocess.run(["podman", "exec", HOST, *words], check=True, capture_output=True, text=True).stdout


def test_the_server_starts_with_the_configuration_for_ec2() -> None:
    done = subprocess.run(
        ["ansible-playbook", "-i", os.environ["MOLECULE_INVENTORY_FILE"], str(SCENARIO / "aws.yml")],
        env=os.environ | {"ANSIBLE_ROLES_PATH": str(SCENARIO.parents[2])}, text=True, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-6000:]

    _inside(
        "systemctl", "restart", "rabbitmq-server"
    )  # it reads the configuration that was written after it had formed its cluster

    read = _inside("rabbitmqctl", "-q", "eval", "application:get_env(rabbit, cluster_formation).")
    assert "rabbit_peer_discovery_aws" in read
    assert '{aws_ec2_region,"eu-west-1"}' in read.replace(" ", "").replace("\n", "")
    assert '"Cluster"' in read
    assert "rabbitmq_peer_discovery_aws" in _inside("rabbitmq-plugins", "-q", "list", "--enabled", "--minimal")
