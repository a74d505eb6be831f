"""Section `hosts`."""

from typing import Literal

from pydantic import Field

from celery_platform.environment.model.base import Closed


class Hosts(Closed):
    """How Ansible reaches hosts and which image they boot. `connection` is an Ansible connection plugin."""

    connection: Literal["amazon.aws.aws_ssm", "ansible.builtin.ssh", "containers.podman.podman"] = Field(
        default="amazon.aws.aws_ssm", description="how Ansible reaches them"
    )
    image: str = Field(
        default="debian-13",
        pattern=r"^debian-1[23](-(amd64|arm64))?$",
        description="with an architecture, all hosts must have it; without one, it follows from each instance type",
    )
