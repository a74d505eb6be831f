"""Settings of an EKS cluster and its node groups that the emulator (ministack 1.5.33) drops.

Without them every second apply would set them again, with operations that the emulator does not have. A cluster would also
lack its VPC, which is derived from its subnets.
"""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

Request = dict[str, Any]
Response = tuple[int, dict[str, str], bytes]

_CLUSTER_SETTINGS = ("upgradePolicy", "computeConfig", "storageConfig", "zonalShiftConfig", "deletionProtection")
_GROUP_SETTINGS = ("launchTemplate", "updateConfig")


def kept_clusters(eks: Any, subnets: Any, create_cluster: Callable[..., Response]) -> Callable[..., Response]:
    """CreateCluster that stores every setting and the VPC of its subnets."""

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
    """CreateNodegroup that stores the launch template and the update configuration."""

    def create(cluster: str, request: Request) -> Response:
        response = create_group(cluster, request)
        if response[0] == HTTPStatus.OK:
            group = eks._nodegroups[f"{cluster}/{request['nodegroupName']}"]
            group.update({key: request[key] for key in _GROUP_SETTINGS if key in request})
        return response

    return create
