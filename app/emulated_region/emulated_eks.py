"""Settings of an EKS cluster and its node groups that the emulator (ministack 1.5.33) drops.

Without them every second apply would set them again, with operations that the emulator does not have. A cluster would also
lack its VPC, which is derived from its subnets, and its security group, which EKS makes: the emulator only makes up its id,
so no rule could be added to it.
"""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

Request = dict[str, Any]
Response = tuple[int, dict[str, str], bytes]

_CLUSTER_SETTINGS = ("upgradePolicy", "computeConfig", "storageConfig", "zonalShiftConfig", "deletionProtection")
_GROUP_SETTINGS = ("launchTemplate", "updateConfig")


def kept_clusters(eks: Any, ec2: Any, create_cluster: Callable[..., Response]) -> Callable[..., Response]:
    """CreateCluster that stores every setting and the VPC of its subnets, and makes the cluster's security group."""

    def create(request: Request, *arguments: Any) -> Response:
        response = create_cluster(request, *arguments)
        if response[0] == HTTPStatus.OK:
            cluster = eks._clusters[request["name"]]
            cluster.update({key: request[key] for key in _CLUSTER_SETTINGS if key in request})
            cluster["kubernetesNetworkConfig"] |= request.get("kubernetesNetworkConfig", {})
            network = cluster["resourcesVpcConfig"]
            if first := next(filter(None, map(ec2._subnets.get, network["subnetIds"])), None):
                network["vpcId"] = first["VpcId"]
            named = {"GroupName": f"eks-cluster-sg-{request['name']}", "VpcId": network["vpcId"]}
            _, _, group = ec2._create_security_group(named)
            network["clusterSecurityGroupId"] = group.decode().partition("<groupId>")[2].partition("</groupId>")[0]
        return response

    return create


def deleted_clusters(eks: Any, ec2: Any, delete_cluster: Callable[[str], Response]) -> Callable[[str], Response]:
    """DeleteCluster that also deletes the cluster's security group, as EKS does."""

    def delete(name: str) -> Response:
        group = eks._clusters[name]["resourcesVpcConfig"]["clusterSecurityGroupId"] if name in eks._clusters else None
        response = delete_cluster(name)
        if response[0] == HTTPStatus.OK:
            ec2._security_groups.pop(group, None)
        return response

    return delete


def kept_groups(eks: Any, create_group: Callable[[str, Request], Response]) -> Callable[[str, Request], Response]:
    """CreateNodegroup that stores the launch template and the update configuration."""

    def create(cluster: str, request: Request) -> Response:
        response = create_group(cluster, request)
        if response[0] == HTTPStatus.OK:
            group = eks._nodegroups[f"{cluster}/{request['nodegroupName']}"]
            group.update({key: request[key] for key in _GROUP_SETTINGS if key in request})
        return response

    return create
