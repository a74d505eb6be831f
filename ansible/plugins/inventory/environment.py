"""The inventory: one environment's resolved values and the running hosts in its AWS account."""

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleParserError
from ansible.plugins.loader import inventory_loader

from ansible.plugins.inventory import BaseInventoryPlugin

REPOSITORY = Path(__file__).parents[3]
sys.path.append(str(REPOSITORY))

DOCUMENTATION = """
name: environment
short_description: Hosts and variables of one environment
description:
  - Reads C(environments/<environment>/resolved.json) into the variable C(environment_resolved) of group C(all).
  - Selects that environment's AWS account for this process, and so for lookups and modules on the controller.
  - Finds the running instances with the environment's name in the tag Environment, its project in the tag Project and
    its prefix in the tag Name, by P(amazon.aws.aws_ec2#inventory).
  - Groups hosts by tag Role (C(monitoring), C(rabbitmq), C(worker)), by tag Pool (C(pool_io), C(pool_cpu)) and by the
    other pools that run on them.
  - With C(release), fetches that recorded release and checks it. C(recorded_release) has its id, its wheels and its
    configuration, which is C(environment_resolved) of the group C(worker). Brokers are configured from the checkout.
options:
  plugin:
    description: Selects this plugin.
    required: true
    choices: [environment]
  environment:
    description: Name of a folder in C(environments/).
    default: local
    env: [{name: ENV}]
  release:
    description: The id of a recorded release (C(make releases)), or its beginning; empty for the checkout.
    default: ""
    env: [{name: CELERY_RELEASE}]
"""

EXAMPLES = """
# inventory/environment.yml
plugin: environment
"""

ROLES = ("monitoring", "rabbitmq", "worker")
# amazon.aws.aws_ssm runs a command again whose session ended; ours (plugins/connection) runs it once.
OWN = {"amazon.aws.aws_ssm": "session_manager"}


class InventoryModule(BaseInventoryPlugin):
    """Ansible's entry point."""

    NAME = "environment"

    def verify_file(self, path: str) -> bool:
        """Accept only files named environment.yml."""
        return bool(super().verify_file(path)) and Path(path).name == "environment.yml"

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
        """Fill the inventory.

        Raises:
            AnsibleParserError: the environment or its resolved.json does not exist, or the account cannot be queried.
        """
        from celery_platform.environment.account import enter_account

        super().parse(inventory, loader, path, cache)
        self._read_config_data(path)
        resolved = _resolved(self.get_option("environment"))
        inventory.set_variable("all", "environment_resolved", resolved)
        for role in ROLES:
            inventory.add_group(role)  # without these groups, plays would warn in an environment without such hosts
        enter_account(resolved["name"], resolved["region"])
        if resolved["rabbitmq_hosts"] or resolved["worker_hosts"] or resolved["monitoring_hosts"]:
            _ask_account(inventory, loader, resolved, cache)
            _group_by_pool(inventory, resolved)
        if wanted := self.get_option("release"):
            _take_release(inventory, resolved, wanted)


def _resolved(name: str) -> dict[str, Any]:
    from celery_platform.environment.load import environments_folder, names

    if name not in names():
        raise AnsibleParserError(f"ENV={name}: there is no such environment. Expected one of: {', '.join(names())}")
    file = environments_folder() / name / "resolved.json"
    if not file.exists():
        raise AnsibleParserError(f"{file} is missing. Write it with: app environment render {name}")
    resolved: dict[str, Any] = json.loads(file.read_text())
    return resolved


def _ask_account(inventory: Any, loader: Any, resolved: dict[str, Any], cache: bool) -> None:
    """Delegate to amazon.aws.aws_ec2, which accepts options only from a file whose name it defines."""
    plugin = inventory_loader.get("amazon.aws.aws_ec2")
    if plugin is None:
        raise AnsibleParserError("the collection amazon.aws is not installed; it comes with: pip install ansible")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "aws_ec2.yml"
        file.write_text(json.dumps(aws_ec2_options(resolved)))
        try:
            plugin.parse(inventory, loader, str(file), cache=cache)
        except Exception as error:  # the collection passes boto3's exceptions on
            where = os.environ.get("AWS_ENDPOINT_URL", f"AWS in {resolved['region']}")
            raise AnsibleParserError(
                f"cannot list the hosts of environment {resolved['name']} at {where}: {error}. "
                "Is the environment up, and are its AWS credentials valid? (make up)"
            ) from None


def _group_by_pool(inventory: Any, resolved: dict[str, Any]) -> None:
    """Add each machine, which has one tag Pool, to the groups of all pools that run on it."""
    for name, host in resolved["worker_hosts"].items():
        if name in inventory.hosts:
            for pool in host["pools"]:
                inventory.add_child(inventory.add_group(f"pool_{pool}"), name)


def _take_release(inventory: Any, resolved: dict[str, Any], wanted: str) -> None:
    """Give workers a recorded release instead of what this checkout builds."""
    from celery_platform.errors import AppError
    from celery_platform.release.records.fetch import for_hosts
    from celery_platform.release.records.store import store_of

    try:
        fetched = for_hosts(store_of(resolved), wanted)
    except AppError as error:
        raise AnsibleParserError(str(error)) from None
    recorded = fetched.resolved
    workers = {host.name for host in inventory.groups["worker"].get_hosts()}
    if unknown := sorted(workers - set(recorded["worker_hosts"])):
        raise AnsibleParserError(
            f"expected release {fetched.manifest.id} to know every worker host; found no {', '.join(unknown)} in its "
            "configuration. Choose a release that was pushed after these hosts were added (make releases)."
        )
    about = {"id": fetched.manifest.id, "wheelhouse": str(fetched.wheelhouse), "configuration": recorded}
    inventory.set_variable("all", "recorded_release", about)
    inventory.set_variable("worker", "environment_resolved", recorded)


def aws_ec2_options(resolved: dict[str, Any]) -> dict[str, Any]:
    """The options of amazon.aws.aws_ec2."""
    return {
        "plugin": "amazon.aws.aws_ec2",
        "regions": [resolved["region"]],
        "filters": {f"tag:{key}": value for key, value in resolved["machine_tags"].items()}
        | {"instance-state-name": "running"},
        "hostnames": ["tag:Name"],
        "keyed_groups": [
            {"key": "tags.Role", "prefix": "", "separator": ""},
            {"key": "tags.Pool", "prefix": "pool"},
        ],
        "compose": _connection(resolved),
        "strict": False,  # RabbitMQ hosts have no tag Pool
    }


def _connection(resolved: dict[str, Any]) -> dict[str, str]:
    """Connection variables as Jinja expressions over an instance, for each connection plugin."""
    plugin = resolved["hosts"]["connection"]
    named: dict[str, dict[str, str]] = {
        "ansible.builtin.ssh": {
            "ansible_host": "private_ip_address",
            "ansible_user": "'admin'",
        },  # user of Debian's image
        "amazon.aws.aws_ssm": {
            "ansible_aws_ssm_instance_id": "instance_id",
            "ansible_aws_ssm_region": f"'{resolved['region']}'",
        },
        "containers.podman.podman": {"ansible_host": "tags.Name"},
    }
    return {"ansible_connection": f"'{OWN.get(plugin, plugin)}'"} | named[plugin]
