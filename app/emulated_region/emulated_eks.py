"""What the emulator drops of an EKS cluster and its node groups (ministack 1.5.33).

Without it every second apply would set the same settings again, by calls that the emulator does not have; and no
cluster would say in which VPC it is, which follows from its subnets.
"""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

Request = dict[str, Any]
Response = tuple[int, dict[str, str], bytes]

_CLUSTER_SETTINGS = ("upgradePolicy", "computeConfig", "storageConfig", "zonalShiftConfig", "deletionProtection")
_GROUP_SETTINGS = ("launchTemplate", "updateConfig")


def kept_clusters(eks: Any, subnets: Any, create_cluster: Callable[..., Response]) -> Callable[..., Response]:
    """CreateCluster, with every setting kept and the VPC of its subnets."""

    def create(request: Request, *arguments: Any) -> Response:
        response = create_cluster(request, *arguments)
        if response[0] == HTTPStatus.OK:
            cluster = eks._clusters[request["name"]]
            cluster.update({key: request[key] for key in _CLUSTER_SETTINGS if key in request})
            cluster["kubernetesNetworkConfig"] |= request.get("kubernetesNetworkConfig", {})
            if first := next(filter(None, map(subnets.get, cluster["resourcesVpcConfig"]["subnetIds"])), None):
                cluster["resourcesVpcConfig"]["vpcId"] = first["VpcId"]
        return response

    return create


def kept_groups(eks: Any, create_group: Callable[[str, Request], Response]) -> Callable[[str, Request], Response]:
    """CreateNodegroup, with its launch template and how it is updated kept."""

    def create(cluster: str, request: Request) -> Response:
        response = create_group(cluster, request)
        if response[0] == HTTPStatus.OK:
            group = eks._nodegroups[f"{cluster}/{request['nodegroupName']}"]
            group.update({key: request[key] for key in _GROUP_SETTINGS if key in request})
        return response

    return create
