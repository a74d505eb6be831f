"""The primary network interface of an instance, which the emulator (ministack 1.5.33) does not have.

Terraform's provider changes the security groups of a running instance on that interface, and fails if there is none.
"""

from collections.abc import Callable
from typing import Any

Request = dict[str, Any]
Response = tuple[int, dict[str, str], bytes]
Handler = Callable[[Request], Response]


def interface_of(instance_id: str) -> str:
    """The id of the primary interface.

    Example: `interface_of("i-0a1b") == "eni-0a1b"`
    """
    return f"eni-{instance_id.removeprefix('i-')}"


def described_interface(instance: dict[str, Any], xml: str) -> str:
    """The description of an instance with its primary interface."""
    address = instance["PrivateIpAddress"]
    groups = "".join(f"<item><groupId>{group['GroupId']}</groupId></item>" for group in instance["SecurityGroups"])
    more = (
        "<networkInterfaceSet><item>"
        f"<networkInterfaceId>{interface_of(instance['InstanceId'])}</networkInterfaceId>"
        f"<subnetId>{instance['SubnetId']}</subnetId><vpcId>{instance['VpcId']}</vpcId><status>in-use</status>"
        f"<privateIpAddress>{address}</privateIpAddress><sourceDestCheck>true</sourceDestCheck>"
        f"<groupSet>{groups}</groupSet><attachment><deviceIndex>0</deviceIndex><status>attached</status></attachment>"
        f"<privateIpAddressesSet><item><privateIpAddress>{address}</privateIpAddress><primary>true</primary></item>"
        "</privateIpAddressesSet></item></networkInterfaceSet>"
    )
    before, _, after = xml.rpartition("</item>")
    return f"{before}{more}</item>{after}"


def modified(ec2: Any) -> Handler:
    """ModifyNetworkInterfaceAttribute, of which the emulator has nothing: it sets the groups of an instance."""

    def handle(request: Request) -> Response:
        asked = ec2._p(request, "NetworkInterfaceId")
        groups = ec2._parse_member_list(request, "SecurityGroupId")
        found = [one for name, one in ec2._instances.items() if interface_of(name) == asked]
        refused: Response
        if not found:
            refused = ec2._error("InvalidNetworkInterfaceID.NotFound", f"{asked} does not exist", 400)
            return refused
        if unknown := [group for group in groups if group not in ec2._security_groups]:
            refused = ec2._error("InvalidGroup.NotFound", f"{unknown[0]} does not exist", 400)
            return refused
        named = [{"GroupId": group, "GroupName": ec2._security_groups[group]["GroupName"]} for group in groups]
        found[0]["SecurityGroups"] = named or found[0]["SecurityGroups"]
        response: Response = ec2._xml(200, "ModifyNetworkInterfaceAttributeResponse", "<return>true</return>")
        return response

    return handle
