locals {
  subnet_ids = [for zone in sort(keys(var.subnet_ids)) : var.subnet_ids[zone]]
  auto       = var.compute == "auto"
}

resource "aws_eks_cluster" "this" {
  name                          = var.name
  version                       = var.kubernetes_version
  role_arn                      = aws_iam_role.cluster.arn
  enabled_cluster_log_types     = ["api", "audit", "authenticator", "controllerManager", "scheduler"]
  bootstrap_self_managed_addons = false # addons.tf installs them in pinned versions

  vpc_config {
    subnet_ids              = local.subnet_ids
    endpoint_private_access = true
    endpoint_public_access  = length(var.public_access_cidrs) > 0
    public_access_cidrs     = length(var.public_access_cidrs) > 0 ? var.public_access_cidrs : null
  }

  access_config {
    authentication_mode                         = "API" # access entries only; a mistake in the aws-auth ConfigMap locks everybody out
    bootstrap_cluster_creator_admin_permissions = length(var.admins) == 0
  }

  lifecycle {
    # Both take effect only when the cluster is created. A change, such as naming the first admin later, must not replace the cluster.
    ignore_changes = [
      access_config[0].bootstrap_cluster_creator_admin_permissions,
      kubernetes_network_config[0].service_ipv4_cidr,
    ]

    postcondition {
      condition     = self.kubernetes_network_config[0].service_ipv4_cidr == var.service_cidr
      error_message = "expected the services of cluster ${var.name} in ${var.service_cidr}; found ${self.kubernetes_network_config[0].service_ipv4_cidr}, in which they stay as long as the cluster exists. Set eks.service_cidr to that range in environment.yml and run `make render`: network policies admit the cluster's DNS by its address in it."
    }
  }

  encryption_config {
    resources = ["secrets"]

    provider {
      key_arn = var.key_arn
    }
  }

  upgrade_policy {
    support_type = "STANDARD" # when it ends, AWS upgrades the cluster; extended support would cost six times as much
  }

  # The API requires these three settings to be equal (EKS API, "CreateCluster").
  dynamic "compute_config" {
    for_each = local.auto ? [true] : []
    content {
      enabled       = true
      node_pools    = ["general-purpose", "system"]
      node_role_arn = aws_iam_role.node.arn
    }
  }

  kubernetes_network_config {
    # Network policies admit the address of the cluster's DNS, which is in this range.
    service_ipv4_cidr = var.service_cidr

    dynamic "elastic_load_balancing" {
      for_each = local.auto ? [true] : []
      content {
        enabled = true
      }
    }
  }

  dynamic "storage_config" {
    for_each = local.auto ? [true] : []
    content {
      block_storage {
        enabled = true
      }
    }
  }

  depends_on = [aws_iam_role_policy_attachment.cluster, aws_cloudwatch_log_group.this]
}

# Otherwise EKS creates the group itself, without encryption and without an expiry.
resource "aws_cloudwatch_log_group" "this" {
  name              = "/aws/eks/${var.name}/cluster"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.key_arn
}
