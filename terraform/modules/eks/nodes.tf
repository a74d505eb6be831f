locals {
  # Auto Mode creates nodes to fit the pending Pods, so it needs no node groups.
  node_groups = local.auto ? {} : var.pools
  # Amazon Linux's EKS images by architecture (EKS API, "CreateNodegroup", amiType).
  ami_types = { amd64 = "AL2023_x86_64_STANDARD", arm64 = "AL2023_ARM_64_STANDARD" }
}

resource "aws_launch_template" "this" {
  for_each = local.node_groups

  name = "${var.name}-${each.key}"

  block_device_mappings {
    device_name = "/dev/xvda" # the root device of Amazon Linux's EKS images

    ebs {
      encrypted   = true
      volume_type = "gp3"
      volume_size = 40
    }
  }

  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 1 # a pod is one hop further away than its node, so it cannot use the node's role
  }

  tag_specifications {
    resource_type = "instance"
    tags          = { Name = "${var.name}-${each.key}" }
  }
}

resource "aws_eks_node_group" "this" {
  for_each = local.node_groups

  cluster_name           = aws_eks_cluster.this.name
  node_group_name_prefix = "${each.key}-"
  node_role_arn          = aws_iam_role.node.arn
  subnet_ids             = local.subnet_ids
  instance_types         = each.value.instance_types
  ami_type               = local.ami_types[each.value.architecture]
  capacity_type          = upper(each.value.capacity)
  labels                 = { pool = each.key }

  # At most one node per pod, including the new ones of a rollout, which start before old ones stop. Your cluster autoscaler
  # adds nodes (README of the chart); in Auto Mode AWS does it.
  scaling_config {
    min_size     = each.value.min
    max_size     = each.value.max_nodes
    desired_size = max(each.value.min, 1)
  }

  launch_template {
    id      = aws_launch_template.this[each.key].id
    version = aws_launch_template.this[each.key].latest_version
  }

  update_config {
    max_unavailable = 1
  }

  lifecycle {
    # EKS cannot change the instance types, architecture or capacity type of a group. The new group is created before the old
    # one is drained, so that the pool's pods always have nodes. This needs two different names.
    create_before_destroy = true
    ignore_changes        = [scaling_config[0].desired_size] # managed by the autoscaler
  }

  depends_on = [aws_iam_role_policy_attachment.node, aws_eks_addon.before_nodes]
}
