"""The values that `resources.py` says force a new resource do so in the provider, and the stuck ones do not.

One offline plan: a resource for each value, in the state with an old value and in the configuration with a new one.
"""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs

import pytest
from celery_platform.environment.aws.sizes import ec2
from celery_platform.environment.resources import KINDS

from tests.terraform.deployment import removed_variables

pytestmark = pytest.mark.terraform

PROVIDER = 'provider["registry.terraform.io/hashicorp/aws"]'
NOWHERE = {
    "region": "eu-west-1", "access_key": "none", "secret_key": "none", "skip_credentials_validation": True,
    "skip_requesting_account_id": True, "skip_metadata_api_check": True,
}  # fmt: skip
BROKER = {
    "engine_type": "RabbitMQ", "engine_version": "3.13", "host_instance_type": "mq.m5.large",
    "user": [{"username": "celery", "password": "not-a-password-of-anything"}],
}  # fmt: skip
NODES = {"cluster_name": "c", "node_role_arn": "arn:aws:iam::000000000000:role/n", "scaling_config": [
    {"min_size": 1, "max_size": 2, "desired_size": 1}
]}  # fmt: skip
CLUSTER = {"role_arn": "arn:aws:iam::000000000000:role/c"}
STORE = {"description": "d", "node_type": "cache.t4g.micro", "engine": "valkey"}
# The id of something in the new VPC, which a plan cannot know yet.
UNKNOWN = "${terraform_data.of_the_new_vpc.id}"
OWN_GROUP = "sg-00000000000000000"


@dataclass(frozen=True)
class Change:
    """A value of `resources.py`, and the argument of the resource that it becomes, before and after."""

    type: str
    value: str
    argument: str
    before: Any
    after: Any
    others: dict[str, Any]

    @property
    def name(self) -> str:
        """The name of its resource in the configuration."""
        return f"{self.type}-{self.value}-{self.argument}".replace(".", "_")


def change(type_: str, value: str, argument: str, before: Any, after: Any, **others: Any) -> Change:
    return Change(type_, value, argument, before, after, others)


FORCING = [
    change("aws_vpc", "network.cidr", "cidr_block", "10.40.0.0/16", "10.41.0.0/16"),
    change("aws_subnet", "cidr", "cidr_block", "10.40.0.0/20", "10.40.16.0/20", vpc_id="vpc-1"),
    change("aws_subnet", "network.cidr", "vpc_id", "vpc-1", UNKNOWN, cidr_block="10.40.0.0/20"),
    change("aws_nat_gateway", "network.cidr", "subnet_id", "subnet-1", UNKNOWN, allocation_id="eipalloc-1"),
    change("aws_instance", "private_ip", "private_ip", "10.0.0.1", "10.0.0.2", ami="ami-1", instance_type="t3.small"),
    change("aws_instance", "zone", "subnet_id", "subnet-1", "subnet-2", ami="ami-1", instance_type="t3.small"),
    change("aws_instance", "architecture", "instance_type", "t3.small", "t4g.small", ami="ami-1"),
    change("aws_instance", "subnet", "subnet_id", "subnet-1", "subnet-3", ami="ami-1", instance_type="t3.micro"),
    change("aws_ebs_volume", "zone", "availability_zone", "eu-west-1a", "eu-west-1b", size=8),
    change("aws_sqs_queue", "name", "name", "celery-a", "celery-b"),
    change("aws_mq_broker", "name", "broker_name", "celery-a", "celery-b", deployment_mode="SINGLE_INSTANCE", **BROKER),
    change("aws_mq_broker", "broker.amazon_mq.deployment", "deployment_mode", "SINGLE_INSTANCE", "CLUSTER_MULTI_AZ",
           broker_name="celery", **BROKER),
    change("aws_mq_broker", "network.cidr", "subnet_ids", ["subnet-1"], [UNKNOWN], broker_name="celery", **BROKER),
    change("aws_mq_broker", "subnets", "subnet_ids", ["subnet-1"], ["subnet-2"], broker_name="celery", **BROKER),
    change("aws_elasticache_replication_group", "name", "replication_group_id", "celery-a", "celery-b", **STORE),
    change("aws_route53_zone", "zone", "name", "a.internal", "b.internal"),
    change("aws_eks_cluster", "name", "name", "a", "b", vpc_config=[{"subnet_ids": ["subnet-1"]}], **CLUSTER),
    change("aws_eks_node_group", "instance_types", "instance_types", ["t3.small"], ["t3.large"],
           subnet_ids=["subnet-1"], **NODES),
    change("aws_eks_node_group", "capacity", "capacity_type", "ON_DEMAND", "SPOT", subnet_ids=["subnet-1"], **NODES),
    change("aws_eks_node_group", "architecture", "ami_type", "AL2023_x86_64_STANDARD", "AL2023_ARM_64_STANDARD",
           subnet_ids=["subnet-1"], **NODES),
    change("aws_eks_node_group", "network.cidr", "subnet_ids", ["subnet-1"], [UNKNOWN], **NODES),
    change("aws_eks_node_group", "subnets", "subnet_ids", ["subnet-1"], ["subnet-1", "subnet-2"], **NODES),
    change("aws_lb", "vpc_id", "subnets", ["subnet-1"], ["subnet-2"], name="c", load_balancer_type="network"),
    change("aws_lb", "subnets", "subnets", ["subnet-1", "subnet-2"], ["subnet-1"], name="c",
           load_balancer_type="network"),
    change("aws_s3_bucket", "name", "bucket", "celery-a", "celery-b"),
    change("aws_secretsmanager_secret", "name", "name", "celery/a", "celery/b"),
]  # fmt: skip
# The provider plans an update, which AWS refuses.
STUCK = [
    change("aws_elasticache_replication_group", "network.cidr", "security_group_ids", [OWN_GROUP], [UNKNOWN],
           replication_group_id="celery", **STORE),
    change("aws_eks_cluster", "network.cidr", "vpc_config", [{"subnet_ids": ["subnet-1"]}],
           [{"subnet_ids": [UNKNOWN]}], name="c", **CLUSTER),
    change("aws_elasticache_replication_group", "tls", "transit_encryption_enabled", True, False,
           replication_group_id="celery", **STORE),
    change("aws_ebs_volume", "volume_gib", "size", 100, 8, availability_zone="eu-west-1a"),
    change("aws_lb", "network.cidr", "subnets", ["subnet-1"], [UNKNOWN], name="c", load_balancer_type="network"),
]  # fmt: skip
# What is added to a list, which the provider does in place: to one of `keeps`, and to the groups of a machine.
LONGER = [
    change("aws_instance", "groups", "vpc_security_group_ids", ["sg-1"], ["sg-1", UNKNOWN], ami="ami-1",
           instance_type="t3.small"),
    change("aws_lb", "subnets.more", "subnets", ["subnet-1"], ["subnet-1", "subnet-2"], name="c",
           load_balancer_type="network"),
]  # fmt: skip
CHANGES = [*FORCING, *STUCK, *LONGER]


class Architectures(BaseHTTPRequestHandler):
    """EC2's DescribeInstanceTypes, which the provider asks when a type changes. The emulator has one architecture."""

    def do_POST(self) -> None:
        asked = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        (size,) = asked["InstanceType.1"]
        kind = {"amd64": "x86_64"}.get(ec2()[size], ec2()[size])
        body = (
            f'<DescribeInstanceTypesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><instanceTypeSet><item>'
            f"<instanceType>{size}</instanceType><processorInfo><supportedArchitectures><item>{kind}</item>"
            f"</supportedArchitectures></processorInfo></item></instanceTypeSet></DescribeInstanceTypesResponse>"
        ).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Keep quiet."""


@pytest.fixture(scope="module")
def architectures() -> Iterator[str]:
    """The URL of a server that answers as EC2 does about architectures."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Architectures) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def replaced(tmp_path_factory: pytest.TempPathFactory, architectures: str) -> dict[str, set[str]]:
    """The arguments because of which the provider replaces the resource of each change."""
    from runner.tools import terraform_variables

    folder = tmp_path_factory.mktemp("forces")
    variables = terraform_variables(folder, removed_variables()) | {"HOME": str(folder), "NO_PROXY": "127.0.0.1"}
    configuration: dict[str, Any] = {
        "terraform": {"required_providers": {"aws": {"source": "hashicorp/aws", "version": "~> 5.100"}}},
        "provider": {"aws": NOWHERE | {"endpoints": [{"ec2": architectures}]}},
        "resource": {"terraform_data": {"of_the_new_vpc": {}}},
    }
    for each in CHANGES:
        configuration["resource"].setdefault(each.type, {})[each.name] = each.others | {each.argument: each.after}
    (folder / "main.tf.json").write_text(json.dumps(configuration))
    (folder / "terraform.tfstate").write_text(json.dumps(state()))

    def run(*arguments: str) -> str:
        command = ["terraform", f"-chdir={folder}", *arguments]
        done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    run("init")
    run("plan", "-refresh=false", "-out=plan")
    planned = {one["name"]: one["change"] for one in json.loads(run("show", "-json", "plan"))["resource_changes"]}
    assert [each.name for each in CHANGES if planned[each.name]["actions"] == ["no-op"]] == []
    return {name: {str(path[0]) for path in one.get("replace_paths", [])} for name, one in planned.items()}


def state() -> dict[str, Any]:
    """A state as if each resource had been made with its old value."""
    made = [
        {
            "mode": "managed", "type": each.type, "name": each.name, "provider": PROVIDER,
            "instances": [{
                "schema_version": VERSIONS.get(each.type, 0),
                "attributes": each.others | {each.argument: each.before, "id": "of-a-test"},
            }],
        }
        for each in CHANGES
    ]  # fmt: skip
    return {"version": 4, "terraform_version": "1.11.0", "serial": 1, "lineage": "of-a-test", "resources": made}


# The versions of the provider's schemas that are not 0.
VERSIONS = {
    "aws_vpc": 1,
    "aws_subnet": 1,
    "aws_instance": 1,
    "aws_elasticache_replication_group": 2,
    "aws_eks_cluster": 1,
}


@pytest.mark.parametrize("each", FORCING, ids=lambda each: f"{each.type} {each.argument}")
def test_a_value_that_is_said_to_force_a_new_resource_does(each: Change, replaced: dict[str, set[str]]) -> None:
    (kind,) = (kind for kind in KINDS if kind.type == each.type)

    assert each.value in (*kind.forces, *kind.keeps)
    assert each.argument in replaced[each.name]


@pytest.mark.parametrize("each", STUCK, ids=lambda each: f"{each.type} {each.argument}")
def test_a_value_that_is_said_to_be_stuck_is_not_replaced(each: Change, replaced: dict[str, set[str]]) -> None:
    (kind,) = (kind for kind in KINDS if kind.type == each.type)

    assert each.value in (*kind.stuck, *kind.grows)
    assert each.argument not in replaced[each.name]


@pytest.mark.parametrize("each", LONGER, ids=lambda each: f"{each.type} {each.argument}")
def test_a_longer_list_does_not_force_a_new_resource(each: Change, replaced: dict[str, set[str]]) -> None:
    assert each.argument not in replaced[each.name]


def test_every_forcing_value_has_been_tried() -> None:
    tried = {(each.type, each.value) for each in (*FORCING, *STUCK)}
    # Another VPC that exists is to most resources as a new one.
    untried = {(kind.type, "vpc_id") for kind in KINDS if kind.type != "aws_lb"}
    # Not the provider but the module keeps it, and refuses another (terraform/tests/eks.tftest.hcl).
    untried |= {("aws_eks_cluster", "service_cidr")}

    said = {(kind.type, value) for kind in KINDS for value in (*kind.forces, *kind.stuck, *kind.grows, *kind.keeps)}
    assert said - untried == tried
