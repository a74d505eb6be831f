data "aws_iam_policy_document" "trust" {
  for_each = local.names

  dynamic "statement" {
    for_each = var.workloads[each.key].on == "hosts" ? [true] : []
    content {
      actions = ["sts:AssumeRole"]

      principals {
        type        = "Service"
        identifiers = ["ec2.amazonaws.com"]
      }
    }
  }

  # Pod Identity: the cluster's agent assumes the role for one service account of one namespace and passes both as session tags.
  dynamic "statement" {
    for_each = var.workloads[each.key].on == "pods" ? [true] : []
    content {
      actions = ["sts:AssumeRole", "sts:TagSession"]

      principals {
        type        = "Service"
        identifiers = ["pods.eks.amazonaws.com"]
      }

      condition {
        test     = "StringEquals"
        variable = "aws:RequestTag/eks-cluster-name"
        values   = [var.cluster]
      }

      condition {
        test     = "StringEquals"
        variable = "aws:RequestTag/kubernetes-namespace"
        values   = [split("/", var.workloads[each.key].service_account)[0]]
      }

      condition {
        test     = "StringEquals"
        variable = "aws:RequestTag/kubernetes-service-account"
        values   = [split("/", var.workloads[each.key].service_account)[1]]
      }
    }
  }

  # People and their tools: every principal of the account that IAM allows to assume it.
  dynamic "statement" {
    for_each = var.workloads[each.key].on == "people" ? [true] : []
    content {
      actions = ["sts:AssumeRole"]

      principals {
        type        = "AWS"
        identifiers = ["arn:${local.partition}:iam::${local.account}:root"]
      }
    }
  }
}
