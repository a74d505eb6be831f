"""The region's additions to the emulator (emulated_region/emulator.py)."""

import json
from types import SimpleNamespace
from typing import Any

from emulated_region.emulated_eks import deleted_clusters, kept_clusters
from emulated_region.emulated_interfaces import described_interface, modified
from emulated_region.emulated_network import described_endpoint, without_meaningless_ports
from emulated_region.emulated_secrets import created
from emulated_region.emulated_secrets import described as described_secret
from emulated_region.emulator import (
    broker_settings,
    described,
    metadata_options,
    of_source,
    publish,
    started,
    taken_once,
    with_interface_lifted,
)
from ministack.services import ec2, secretsmanager


def test_an_address_asked_for_in_the_first_interface_is_seen() -> None:
    request = {"ImageId": ["ami-1"], "NetworkInterface.1.PrivateIpAddress": ["10.90.128.10"]}

    assert with_interface_lifted(request)["PrivateIpAddress"] == ["10.90.128.10"]


def test_what_the_request_says_at_the_top_stands() -> None:
    request = {"SubnetId": ["subnet-top"], "NetworkInterface.1.SubnetId": ["subnet-below"]}

    assert with_interface_lifted(request)["SubnetId"] == ["subnet-top"]


def test_debian_images_are_published_for_both_architectures() -> None:
    parameters = {"/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64": "ami-1"}

    publish(parameters)

    assert "/aws/service/debian/release/13/latest/arm64" in parameters


def test_metadata_options_are_described() -> None:
    options = metadata_options({"MetadataOptions.HttpTokens": ["required"], "ImageId": ["ami-1"]})
    assert options == {"httpTokens": "required"}
    plain = "<item><groupSet><item/></groupSet></item>"
    assert described({}, plain) == plain
    shown = described({"MetadataOptions": options}, plain)
    assert shown.endswith("<httpTokens>required</httpTokens></metadataOptions></item>")


def test_a_request_for_instances_sent_again_starts_no_second_one() -> None:
    ec2 = SimpleNamespace(_instances={f"i-{number}": {} for number in range(3)})
    ids = iter(ec2._instances)
    run = started(ec2, lambda _: (200, {}, f"<instanceId>{next(ids)}</instanceId>".encode()))

    first, again = run({"ClientToken": ["a"]}), run({"ClientToken": ["a"]})
    other = run({"ClientToken": ["b"]})

    assert first == again
    assert other != first


def test_a_budgets_notification_sent_again_is_answered_as_before_and_another_is_refused() -> None:
    taken: set[int] = set()

    def create(request: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        percent = request["Notification"]["Threshold"]
        if percent in taken:
            return 400, {}, b'{"__type": "DuplicateRecordException"}'
        taken.add(percent)
        return 200, {}, b"{}"

    run = taken_once(create)
    asked = {"Notification": {"Threshold": 50}, "Subscribers": ["one"]}

    assert run(asked) == run(asked) == (200, {}, b"{}")
    assert run(asked | {"Subscribers": ["another"]})[0] == 400


def test_only_parameters_of_the_source_asked_for() -> None:
    mine = b"<Parameter><ParameterName>a</ParameterName><Source>user</Source></Parameter>"
    default = b"<Parameter><ParameterName>b</ParameterName><Source>system</Source></Parameter>"
    assert of_source("user", mine + default) == mine
    assert of_source("", mine + default) == mine + default


def test_a_broker_keeps_its_settings() -> None:
    asked = {"engineType": "RABBITMQ", "subnetIds": ["subnet-1"], "users": [{"password": "x"}]}
    assert broker_settings(asked) == {"engineType": "RabbitMQ", "subnetIds": ["subnet-1"]}


def test_a_rule_for_all_protocols_is_the_same_with_and_without_ports() -> None:
    assert without_meaningless_ports({"IpProtocol": "-1", "FromPort": 0, "ToPort": 0}) == {"IpProtocol": "-1"}
    https = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}
    assert without_meaningless_ports(https) == https


def test_an_endpoint_is_described_with_its_groups() -> None:
    endpoint = {"Groups": ["sg-1"], "PrivateDns": "true"}

    assert described_endpoint({}, "<item></item>") == "<item></item>"
    assert described_endpoint(endpoint, "<item><tagSet></tagSet></item>") == (
        "<item><tagSet></tagSet><groupSet><item><groupId>sg-1</groupId></item></groupSet>"
        "<privateDnsEnabled>true</privateDnsEnabled></item>"
    )


def test_an_instance_has_a_primary_interface_with_its_groups() -> None:
    instance = {
        "InstanceId": "i-1", "PrivateIpAddress": "10.0.0.1", "SubnetId": "subnet-1", "VpcId": "vpc-1",
        "SecurityGroups": [{"GroupId": "sg-1"}],
    }  # fmt: skip

    shown = described_interface(instance, "<item><instanceId>i-1</instanceId></item>")

    assert "<networkInterfaceId>eni-1</networkInterfaceId>" in shown
    assert "<groupSet><item><groupId>sg-1</groupId></item></groupSet>" in shown
    assert shown.endswith("</networkInterfaceSet></item>")


def test_the_groups_of_an_interface_are_those_of_its_instance_and_must_exist() -> None:
    instance: dict[str, Any] = {"SecurityGroups": [{"GroupId": "sg-1", "GroupName": "one"}]}
    groups = {"sg-1": {"GroupName": "one"}, "sg-2": {"GroupName": "two"}}
    ec2 = SimpleNamespace(
        _instances={"i-1": instance},
        _security_groups=groups,
        _p=lambda request, key: request.get(key, ""),
        _parse_member_list=lambda request, key: request.get(key, []),
        _xml=lambda status, *_: (status, {}, b""),
        _error=lambda code, _, status: (status, {}, code.encode()),
    )
    modify = modified(ec2)

    assert modify({"NetworkInterfaceId": "eni-1", "SecurityGroupId": ["sg-1", "sg-2"]})[0] == 200
    assert [group["GroupName"] for group in instance["SecurityGroups"]] == ["one", "two"]
    assert modify({"NetworkInterfaceId": "eni-1", "SecurityGroupId": ["sg-3"]})[2] == b"InvalidGroup.NotFound"
    assert modify({"NetworkInterfaceId": "eni-2"})[2] == b"InvalidNetworkInterfaceID.NotFound"


def test_a_secret_has_a_version_only_if_it_was_created_with_a_value() -> None:
    create = created(secretsmanager, secretsmanager._create_secret)
    describe = described_secret(secretsmanager._describe_secret)

    def made(request: dict[str, str]) -> list[bool]:
        answers = create(request), describe({"SecretId": request["Name"]})
        keys = [json.loads(body).keys() for _, _, body in answers]
        return ["VersionId" in keys[0], "VersionIdsToStages" in keys[1]]

    assert made({"Name": "empty"}) == [False, False]
    assert made({"Name": "full", "SecretString": "s"}) == [True, True]


def test_the_security_group_of_a_cluster_exists_as_long_as_the_cluster() -> None:
    """The cluster itself is a stand-in, because the emulator starts a container for one if it can."""
    network: dict[str, Any] = {"subnetIds": [], "vpcId": "vpc-1"}
    cluster = {"resourcesVpcConfig": network, "kubernetesNetworkConfig": {}}
    eks = SimpleNamespace(_clusters={"celery-x": cluster})
    kept_clusters(eks, ec2, lambda _: (200, {}, b""))({"name": "celery-x"})

    group = network["clusterSecurityGroupId"]
    assert ec2._security_groups[group]["VpcId"] == "vpc-1"
    deleted_clusters(eks, ec2, lambda _: (200, {}, b""))("celery-x")
    assert group not in ec2._security_groups
