locals {
  # Auto Mode makes nodes for the Pods there are, of the size that these ask for.
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
    http_put_response_hop_limit = 1 # a pod is one hop further than its node: it cannot borrow the node's role
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

  # No more nodes than pods. Who adds them is a cluster autoscaler of yours; in Auto Mode AWS does.
  scaling_config {
    min_size     = each.value.min
    max_size     = each.value.max
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
    # EKS cannot change a group's sizes, architecture or capacity. A pool's pods have nodes of the new group before those
    # of the old one are drained; two groups at a time need two names.
    create_before_destroy = true
    ignore_changes        = [scaling_config[0].desired_size] # the autoscaler's to change
  }

  depends_on = [aws_iam_role_policy_attachment.node, aws_eks_addon.before_nodes]
}
