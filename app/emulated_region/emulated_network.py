"""Settings of interface endpoints and flow logs that the emulator (ministack 1.5.33) drops, and rules for all protocols.

Without this every second plan would change them again.
"""

import re
from collections.abc import Callable
from typing import Any

Request = dict[str, Any]
Response = tuple[int, dict[str, str], bytes]
Handler = Callable[[Request], Response]

_MADE = re.compile(rb"<(?:vpcEndpointId|item)>((?:vpce|fl)-[0-9a-fA-F]+)</")


def without_meaningless_ports(rule: dict[str, Any]) -> dict[str, Any]:
    """A security group rule without ports if it is for all protocols (EC2 API, IpPermission).

    A new group has such a rule without ports. Terraform revokes it with ports, which the emulator takes for another rule.

    Example: `{"IpProtocol": "-1", "FromPort": 0, "ToPort": 0}` gives `{"IpProtocol": "-1"}`.
    """
    if rule.get("IpProtocol") != "-1":
        return rule
    return {key: value for key, value in rule.items() if key not in ("FromPort", "ToPort")}


def kept_endpoints(ec2: Any, create: Handler) -> Handler:
    """CreateVpcEndpoint that stores security groups and private DNS."""

    def handle(request: Request) -> Response:
        response = create(request)
        for made in _MADE.findall(response[2]):
            ec2._vpc_endpoints[made.decode()] |= {
                "Groups": ec2._parse_member_list(request, "SecurityGroupId"),
                "PrivateDns": ec2._p(request, "PrivateDnsEnabled") or "false",
            }
        return response

    return handle


def described_endpoint(endpoint: dict[str, Any], xml: str) -> str:
    """The description of an endpoint with both."""
    if "Groups" not in endpoint:
        return xml
    groups = "".join(f"<item><groupId>{group}</groupId></item>" for group in endpoint["Groups"])
    more = f"<groupSet>{groups}</groupSet><privateDnsEnabled>{endpoint['PrivateDns']}</privateDnsEnabled>"
    before, _, after = xml.rpartition("</")
    return f"{before}{more}</{after}"


def kept_flow_logs(ec2: Any, create: Handler) -> Handler:
    """CreateFlowLogs that stores role, interval and tags."""

    def handle(request: Request) -> Response:
        response = create(request)
        for made in _MADE.findall(response[2]):
            ec2._flow_logs[made.decode()] |= {
                "Role": ec2._p(request, "DeliverLogsPermissionArn"),
                "Interval": ec2._p(request, "MaxAggregationInterval"),
            }
            ec2._parse_tag_specs(request, "vpc-flow-log", made.decode())
        return response

    return handle


def described_flow_logs(ec2: Any, describe: Handler) -> Handler:
    """DescribeFlowLogs with these settings."""

    def handle(request: Request) -> Response:
        status, headers, body = describe(request)
        for name, log in ec2._flow_logs.items():
            kept = {"deliverLogsPermissionArn": log.get("Role"), "maxAggregationInterval": log.get("Interval")}
            more = "".join(f"<{key}>{value}</{key}>" for key, value in kept.items() if value)
            own = f"<flowLogId>{name}</flowLogId>"
            body = body.replace(own.encode(), (own + more).encode())
        return status, headers, body

    return handle
