"""Objects that must exist before the chart: its namespace, and the switch of network policies in Auto Mode."""

from typing import Any

Json = dict[str, Any]
PROFILE = "restricted"
MODES = ("enforce", "warn", "audit")


def namespace(resolved: Json) -> Json:
    """The namespace, in which only pods of the restricted profile run (kubernetes.io, "Pod Security Admission").

    Example: `namespace(resolve(load("prod")))["metadata"]["name"] == "celery"`
    """
    labels = {f"pod-security.kubernetes.io/{mode}": PROFILE for mode in MODES}
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": resolved["eks"]["namespace"], "labels": labels},
    }


def network_policy_switch(resolved: Json) -> Json | None:
    """What makes Auto Mode enforce network policies (EKS guide, "Use Network Policies with EKS Auto Mode").

    `None` for node groups, whose add-on Terraform configures, and for somebody else's cluster.
    """
    own = resolved["eks"]
    if own["compute"] != "auto" or own["existing"] is not None:
        return None
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "amazon-vpc-cni", "namespace": "kube-system"},
        "data": {"enable-network-policy-controller": "true"},
    }
