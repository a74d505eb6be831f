locals {
  # Without them a node never becomes Ready, and a node group waits for Ready nodes (terraform-aws-eks#3446).
  before_nodes = ["vpc-cni", "kube-proxy"]
  # The VPC CNI ignores NetworkPolicies by default (EKS guide, "Limit Pod traffic with Kubernetes network policies").
  configuration = { vpc-cni = jsonencode({ enableNetworkPolicy = "true" }) }
}

resource "aws_eks_addon" "before_nodes" {
  for_each = { for name, version in var.addons : name => version if contains(local.before_nodes, name) }

  cluster_name                = aws_eks_cluster.this.name
  addon_name                  = each.key
  addon_version               = each.value
  configuration_values        = lookup(local.configuration, each.key, null)
  resolve_conflicts_on_update = "PRESERVE"
}

# These add-ons run as Pods and need a node.
resource "aws_eks_addon" "after_nodes" {
  for_each = { for name, version in var.addons : name => version if !contains(local.before_nodes, name) }

  cluster_name                = aws_eks_cluster.this.name
  addon_name                  = each.key
  addon_version               = each.value
  resolve_conflicts_on_update = "PRESERVE"

  depends_on = [aws_eks_node_group.this]
}
