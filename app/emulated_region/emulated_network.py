"""What the emulator drops of interface endpoints and flow logs, and takes for another rule in a security group.

Without it (ministack 1.5.33) every second plan would set the same again.
"""

import re
from collections.abc import Callable
from typing import Any

Request = dict[str, Any]
Response = tuple[int, dict[str, str], bytes]
Handler = Callable[[Request], Response]

_MADE = re.compile(rb"<(?:vpcEndpointId|item)>((?:vpce|fl)-[0-9a-fA-F]+)</")


def without_meaningless_ports(rule: dict[str, Any]) -> dict[str, Any]:
    """A security group's rule; where it is for all protocols, ports say nothing (EC2 API, IpPermission).

    Every new group has one without ports. Terraform asks it to go by one that names ports, and declares its own.

    Example: `{"IpProtocol": "-1", "FromPort": 0, "ToPort": 0}` gives `{"IpProtocol": "-1"}`.
    """
    if rule.get("IpProtocol") != "-1":
        return rule
    return {key: value for key, value in rule.items() if key not in ("FromPort", "ToPort")}


def kept_endpoints(ec2: Any, create: Handler) -> Handler:
    """CreateVpcEndpoint, with its security groups and whether its private name answers."""

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
    """An endpoint's description with both."""
    if "Groups" not in endpoint:
        return xml
    groups = "".join(f"<item><groupId>{group}</groupId></item>" for group in endpoint["Groups"])
    more = f"<groupSet>{groups}</groupSet><privateDnsEnabled>{endpoint['PrivateDns']}</privateDnsEnabled>"
    before, _, after = xml.rpartition("</")
    return f"{before}{more}</{after}"


def kept_flow_logs(ec2: Any, create: Handler) -> Handler:
    """CreateFlowLogs, with role, interval and tags."""

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
    """DescribeFlowLogs, with both."""

    def handle(request: Request) -> Response:
        status, headers, body = describe(request)
        for name, log in ec2._flow_logs.items():
            kept = {"deliverLogsPermissionArn": log.get("Role"), "maxAggregationInterval": log.get("Interval")}
            more = "".join(f"<{key}>{value}</{key}>" for key, value in kept.items() if value)
            own = f"<flowLogId>{name}</flowLogId>"
            body = body.replace(own.encode(), (own + more).encode())
        return status, headers, body

    return handle
