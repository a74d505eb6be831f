locals {
  subnet_ids = [for zone in sort(keys(var.subnet_ids)) : var.subnet_ids[zone]]
  auto       = var.compute == "auto"
}

resource "aws_eks_cluster" "this" {
  name                          = var.name
  version                       = var.kubernetes_version
  role_arn                      = aws_iam_role.cluster.arn
  enabled_cluster_log_types     = ["api", "audit", "authenticator", "controllerManager", "scheduler"]
  bootstrap_self_managed_addons = false # addons.tf installs them, in versions that are pinned

  vpc_config {
    subnet_ids              = local.subnet_ids
    endpoint_private_access = true
    endpoint_public_access  = length(var.public_access_cidrs) > 0
    public_access_cidrs     = length(var.public_access_cidrs) > 0 ? var.public_access_cidrs : null
  }

  access_config {
    authentication_mode                         = "API" # access entries; the aws-auth ConfigMap is a lock-out waiting to happen
    bootstrap_cluster_creator_admin_permissions = length(var.admins) == 0
  }

  lifecycle {
    # Asked for when the cluster is made only; the first admin named later must not replace it.
    ignore_changes = [access_config[0].bootstrap_cluster_creator_admin_permissions]
  }

  encryption_config {
    resources = ["secrets"]

    provider {
      key_arn = var.key_arn
    }
  }

  upgrade_policy {
    support_type = "STANDARD" # at its end AWS upgrades the cluster, rather than billing six times as much
  }

  # The three are switched on and off together (EKS API, "CreateCluster").
  dynamic "compute_config" {
    for_each = local.auto ? [true] : []
    content {
      enabled       = true
      node_pools    = ["general-purpose", "system"]
      node_role_arn = aws_iam_role.node.arn
    }
  }

  dynamic "kubernetes_network_config" {
    for_each = local.auto ? [true] : []
    content {
      elastic_load_balancing {
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

# EKS would make it itself: unencrypted, and kept for ever.
resource "aws_cloudwatch_log_group" "this" {
  name              = "/aws/eks/${var.name}/cluster"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.key_arn
}
