"""The AWS emulator (ministack 1.5.33) with additions for Terraform's provider and the platform.

* The ids of Debian's machine images. Real accounts read `/aws/service/debian/release/<n>/latest/<architecture>`
  (wiki.debian.org, "Cloud/AmazonEC2Image"). Only AWS can write under `/aws`, also in the emulator, so
  they are added to its public parameters of Amazon Linux.
* Address and subnet of an instance. Terraform's provider sends them in the request's first network interface, which the
  emulator ignores (it assigns a random address), so they are moved to the top of the request.
* The primary network interface of an instance, on which the provider changes its groups (`emulated_interfaces.py`).
* Client tokens: a repeated request for instances does not start a second set, and a budget's notification that is sent
  again is not refused as a duplicate.
* Metadata options of an instance (IMDSv2), which the emulator drops. Every second apply would set them again and fail.
* The filter for changed parameters of a parameter group. The emulator also returns defaults, which every plan would
  remove.
* Engine name, subnets, security groups, logs and maintenance window of an Amazon MQ broker. Without them every second
  apply would replace the broker.
* A separate address for a managed broker; the emulator returns the same address for everything.
* The access string of an ElastiCache user, in which the emulator does not escape `&`, and most settings of an alarm.
* A secret that is created without a value has no version (`emulated_secrets.py`).
* Settings of an EKS cluster and its node groups, and the cluster's security group (`emulated_eks.py`).
* Settings of interface endpoints and flow logs, and rules for all protocols without ports (`emulated_network.py`).
* A target group with TCP health checks has no path and no HTTP code; with them, a plan fails.

Run as `python -m emulated_region.emulator`; the environment variables are ministack's.
"""

import json
import os
import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from xml.sax.saxutils import escape

from emulated_region import emulated_alarms, emulated_eks, emulated_interfaces, emulated_network, emulated_secrets

Request = dict[str, Any]
Response = tuple[int, dict[str, str], bytes]

# Any image in DescribeImages, because an emulated instance does not boot it.
_EXISTING = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
RELEASES = ("12", "13")
ARCHITECTURES = ("amd64", "arm64")

_FIRST_INTERFACE = "NetworkInterface.1."
_OPTIONS = "MetadataOptions."
_BROKER_SETTINGS = ("subnetIds", "securityGroups", "logs", "maintenanceWindowStartTime", "configuration")
_LIFTED = ("PrivateIpAddress", "SubnetId", "SecurityGroupId.")


def publish(parameters: dict[str, Any]) -> None:
    """Add the parameters of Debian's images to the emulator's public parameters.

    Raises:
        KeyError: the emulator lacks the parameter that this copies; its version is pinned in pyproject.toml.
    """
    image = parameters[_EXISTING]
    for release in RELEASES:
        for architecture in ARCHITECTURES:
            parameters[f"/aws/service/debian/release/{release}/latest/{architecture}"] = image


def with_interface_lifted(request: dict[str, Any]) -> dict[str, Any]:
    """A RunInstances request with the fields of the first network interface at the top, as older clients send them.

    Example: `{"NetworkInterface.1.SubnetId": ["subnet-1"]}` gains `{"SubnetId": ["subnet-1"]}`.
    """
    lifted = {
        key.removeprefix(_FIRST_INTERFACE): value
        for key, value in request.items()
        if key.startswith(_FIRST_INTERFACE) and key.removeprefix(_FIRST_INTERFACE).startswith(_LIFTED)
    }
    return lifted | request


def metadata_options(request: Request) -> dict[str, str]:
    """The metadata options in a RunInstances request, by their names in the response.

    Example: `{"MetadataOptions.HttpTokens": ["required"]}` gives `{"httpTokens": "required"}`.
    """
    asked = {
        key.removeprefix(_OPTIONS): value[0] if isinstance(value, list) else value
        for key, value in request.items()
        if key.startswith(_OPTIONS)
    }
    return {key[0].lower() + key[1:]: str(value) for key, value in asked.items()}


def described(instance: dict[str, Any], xml: str) -> str:
    """The description of an instance with its metadata options, if it has any."""
    options = instance.get("MetadataOptions")
    if not options:
        return xml
    inner = "".join(f"<{key}>{value}</{key}>" for key, value in {"state": "applied", **options}.items())
    before, _, after = xml.rpartition("</item>")
    return f"{before}<metadataOptions>{inner}</metadataOptions></item>{after}"


def of_source(source: str, body: bytes) -> bytes:
    """The cache parameters in a response with this source; all if no source is given."""
    if not source:
        return body
    wanted = f"<Source>{source}</Source>".encode()
    return re.sub(
        rb"<Parameter>.*?</Parameter>", lambda one: one[0] if wanted in one[0] else b"", body, flags=re.DOTALL
    )


def without_matcher(group: dict[str, Any], xml: str) -> str:
    """The description of a target group, without an HTTP code for TCP health checks."""
    if group.get("HealthCheckProtocol") != "TCP":
        return xml
    return re.sub(r"<Matcher>.*?</Matcher>|<HealthCheckPath>.*?</HealthCheckPath>", "", xml, flags=re.DOTALL)


def started(ec2: Any, run_instances: Callable[[Request], Response]) -> Callable[[Request], Response]:
    """RunInstances with support for address, subnet, metadata options and client token."""
    answered: dict[str, Response] = {}

    def run(request: Request) -> Response:
        token = str(request.get("ClientToken", ""))
        if token in answered:  # a retry, because the first response was lost or late
            return answered[token]
        response = run_instances(with_interface_lifted(request))
        for instance in re.findall(rb"<instanceId>([^<]+)</instanceId>", response[2]):
            ec2._instances[instance.decode()]["MetadataOptions"] = metadata_options(request)
        if token and response[0] == 200:
            answered[token] = response
        return response

    return run


def taken_once(create_notification: Callable[[Request], Response]) -> Callable[[Request], Response]:
    """CreateNotification of a budget. It has no client token, and the provider repeats it if the first response was lost.
    An identical request is therefore not refused as a duplicate.
    """
    answered: dict[str, Response] = {}

    def create(request: Request) -> Response:
        content = json.dumps(request, sort_keys=True)
        response = create_notification(request)
        if response[0] == HTTPStatus.OK:
            answered[content] = response
        return answered[content] if b"DuplicateRecordException" in response[2] and content in answered else response

    return create


def broker_settings(request: Request) -> dict[str, Any]:
    """Settings of a CreateBroker request that the emulator drops and DescribeBroker must return."""
    engine = {"RABBITMQ": "RabbitMQ", "ACTIVEMQ": "ActiveMQ"}[str(request["engineType"]).upper()]
    return {"engineType": engine, **{key: request[key] for key in _BROKER_SETTINGS if key in request}}


def created(mq: Any, create_broker: Callable[[Request], Response]) -> Callable[[Request], Response]:
    """CreateBroker that stores every setting."""

    def create(request: Request) -> Response:
        response = create_broker(request)
        if response[0] == HTTPStatus.OK:
            mq._brokers[json.loads(response[2])["brokerId"]].update(broker_settings(request))
        return response

    return create


def at_address(name: str, address: str, mq: Any, elasticache: Any) -> None:
    """Give a managed broker, Amazon MQ or an ElastiCache group, its own address."""
    create_broker, create_group = mq._create_broker, elasticache._create_replication_group

    def broker(request: Request) -> Response:
        response: Response = create_broker(request)
        if response[0] == HTTPStatus.OK and request.get("brokerName") == name:
            instance = {"consoleURL": f"https://{address}", "endpoints": [f"amqps://{address}:5671"]}
            made = mq._brokers[json.loads(response[2])["brokerId"]]
            made["brokerInstances"] = [instance | {"ipAddress": address}]
        return response

    def group(request: Request) -> Response:
        usual = elasticache.REDIS_DEFAULT_HOST
        if elasticache._p(request, "ReplicationGroupId") == name:
            elasticache.REDIS_DEFAULT_HOST = address
        try:
            response: Response = create_group(request)
        finally:
            elasticache.REDIS_DEFAULT_HOST = usual
        return response

    mq._create_broker, elasticache._create_replication_group = broker, group


def keep_network(ec2: Any) -> None:
    """Make the emulator store the settings in `emulated_network`."""
    plain, equal, actions = emulated_network.without_meaningless_ports, ec2._rules_match, ec2._ACTION_MAP
    ec2._rules_match = lambda one, other: equal(plain(one), plain(other))
    endpoint_xml = ec2._vpce_fields_xml
    ec2._vpce_fields_xml = lambda endpoint, tag="item": emulated_network.described_endpoint(
        endpoint, endpoint_xml(endpoint, tag)
    )
    actions["CreateVpcEndpoint"] = emulated_network.kept_endpoints(ec2, actions["CreateVpcEndpoint"])
    actions["CreateFlowLogs"] = emulated_network.kept_flow_logs(ec2, actions["CreateFlowLogs"])
    actions["DescribeFlowLogs"] = emulated_network.described_flow_logs(ec2, actions["DescribeFlowLogs"])


def main() -> None:
    """Publish the parameters, then serve until the process is stopped."""
    from ministack.app import main as serve
    from ministack.services import alb, budgets, cloudwatch, ec2, eks, elasticache, mq, secretsmanager, ssm

    publish(ssm._PUBLIC_AMI_PARAMETERS)
    ec2._ACTION_MAP["RunInstances"] = started(ec2, ec2._ACTION_MAP["RunInstances"])
    budgets._DISPATCH["CreateNotification"] = taken_once(budgets._create_notification)
    mq._create_broker = created(mq, mq._create_broker)
    if name := os.environ.get("MANAGED_BROKER_NAME"):  # the account of a plan without credentials has no region
        at_address(name, os.environ["MANAGED_BROKER_ADDRESS"], mq, elasticache)
    cloudwatch._put_metric_alarm = emulated_alarms.kept(cloudwatch, cloudwatch._put_metric_alarm)
    cloudwatch._describe_alarms = emulated_alarms.described(cloudwatch, cloudwatch._describe_alarms)
    eks._create_cluster = emulated_eks.kept_clusters(eks, ec2, eks._create_cluster)
    eks._delete_cluster = emulated_eks.deleted_clusters(eks, ec2, eks._delete_cluster)
    eks._create_nodegroup = emulated_eks.kept_groups(eks, eks._create_nodegroup)
    secretsmanager._create_secret = emulated_secrets.created(secretsmanager, secretsmanager._create_secret)
    secretsmanager._describe_secret = emulated_secrets.described(secretsmanager._describe_secret)
    user_xml = elasticache._user_xml
    elasticache._user_xml = lambda user: user_xml(user | {"AccessString": escape(user["AccessString"])})
    group_xml = alb._tg_xml
    alb._tg_xml = lambda group: without_matcher(group, group_xml(group))
    keep_network(ec2)
    plain, parameters = ec2._instance_xml, elasticache._describe_cache_parameters
    ec2._instance_xml = lambda one: emulated_interfaces.described_interface(one, described(one, plain(one)))
    ec2._ACTION_MAP["ModifyNetworkInterfaceAttribute"] = emulated_interfaces.modified(ec2)

    def describe_cache_parameters(request: Request) -> Response:
        status, headers, body = parameters(request)
        return status, headers, of_source(elasticache._p(request, "Source"), body)

    elasticache._describe_cache_parameters = describe_cache_parameters
    serve()


if __name__ == "__main__":
    main()
