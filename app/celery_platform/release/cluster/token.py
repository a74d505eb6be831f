"""Log in to an EKS cluster with the AWS credentials in use, without the AWS command line.

A token is a signed request to STS, which the cluster sends to find out who asks (kubernetes-sigs/aws-iam-authenticator,
"API Authorization from Outside a Cluster"). kubectl and helm run this module whenever they need one.
"""

import base64
import json
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

from celery_platform.settings.discovery import client

PREFIX = "k8s-aws-v1."
CLUSTER_HEADER = "x-k8s-aws-id"
# The cluster accepts a token for 15 minutes, and the request must say 60 seconds (aws-iam-authenticator, token.go).
VALID = timedelta(minutes=14)
REQUEST_SECONDS = 60


def token(cluster: str) -> str:
    """A token for a cluster in the account and region in use.

    Example: `token("celery-prod").startswith("k8s-aws-v1.")`
    """
    sts = client("sts")

    def name_the_cluster(request: Any, **_: Any) -> None:
        request.headers[CLUSTER_HEADER] = cluster

    sts.meta.events.register("before-sign.sts.GetCallerIdentity", name_the_cluster)
    url = sts.generate_presigned_url("get_caller_identity", ExpiresIn=REQUEST_SECONDS, HttpMethod="GET")
    return PREFIX + base64.urlsafe_b64encode(url.encode()).decode().rstrip("=")


def credential(cluster: str) -> dict[str, Any]:
    """The answer of a credential plugin (kubernetes.io, "client-go credential plugins")."""
    until = (datetime.now(UTC) + VALID).strftime("%Y-%m-%dT%H:%M:%SZ")
    status = {"token": token(cluster), "expirationTimestamp": until}
    return {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": status}


if __name__ == "__main__":
    print(json.dumps(credential(sys.argv[1])))
