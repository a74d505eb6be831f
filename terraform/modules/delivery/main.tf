# Roles for a CI system, which authenticates through OpenID Connect, so there are no keys to steal.
data "aws_partition" "this" {}
data "aws_caller_identity" "this" {}

locals {
  partition = data.aws_partition.this.partition
  account   = data.aws_caller_identity.this.account_id
  # What this environment has in IAM, by name. The pipeline changes only the first three, and nothing else in IAM.
  own_roles    = "arn:${local.partition}:iam::${local.account}:role/${var.name}-*"
  own_profiles = "arn:${local.partition}:iam::${local.account}:instance-profile/${var.name}-*"
  own_policies = "arn:${local.partition}:iam::${local.account}:policy/${var.name}-*-queues-*" # of workers with many queues
  boundary     = "arn:${local.partition}:iam::${local.account}:policy/${var.name}-boundary"
  provider     = var.existing_provider ? "arn:${local.partition}:iam::${local.account}:oidc-provider/${var.issuer}" : aws_iam_openid_connect_provider.this[0].arn
  state        = "arn:${local.partition}:s3:::${var.name}-terraform-state-${local.account}"

  # Services that only pools use are in the boundary because their roles need them. The pipeline gets no access to them: it
  # creates nothing there, and would see far more than the statements of a pool allow.
  of_pools_only = [for service in sort(setsubtract(var.extra_services, var.services)) : "${service}:*"]
}

# An account can have only one provider for an issuer. If it exists already, its ARN is derived from the issuer.
resource "aws_iam_openid_connect_provider" "this" {
  count = var.existing_provider ? 0 : 1

  url            = "https://${var.issuer}"
  client_id_list = [var.audience]
}

data "aws_iam_policy_document" "trust" {
  for_each = var.subjects

  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]

    principals {
      type        = "Federated"
      identifiers = [local.provider]
    }

    condition {
      test     = "StringEquals"
      variable = "${var.issuer}:aud"
      values   = [var.audience]
    }

    condition {
      test     = "StringEquals" # not StringLike: a pattern could match other repositories
      variable = "${var.issuer}:sub"
      values   = [each.value]
    }
  }
}

resource "aws_iam_role" "this" {
  for_each = var.subjects

  name                 = "${var.name}-ci-${each.key}"
  assume_role_policy   = data.aws_iam_policy_document.trust[each.key].json
  max_session_duration = 3600
  permissions_boundary = aws_iam_policy.boundary.arn
}
