# Roles for a CI system, which proves who it is by OpenID Connect: there is no key to steal.
data "aws_partition" "this" {}
data "aws_caller_identity" "this" {}

locals {
  partition = data.aws_partition.this.partition
  account   = data.aws_caller_identity.this.account_id
  # Our own roles, profiles and the boundary, by name: nothing else in IAM is the pipeline's business.
  own_roles    = "arn:${local.partition}:iam::${local.account}:role/${var.name}-*"
  own_profiles = "arn:${local.partition}:iam::${local.account}:instance-profile/${var.name}-*"
  boundary     = "arn:${local.partition}:iam::${local.account}:policy/${var.name}-boundary"
  provider     = var.existing_provider ? "arn:${local.partition}:iam::${local.account}:oidc-provider/${var.issuer}" : aws_iam_openid_connect_provider.this[0].arn
  state        = "arn:${local.partition}:s3:::${var.name}-terraform-state-${local.account}"

  # Services that only pools use are within the boundary for their roles' sake. The pipeline makes nothing in them, and
  # would see all that they hold: far more than a pool's own statements name.
  of_pools_only = [for service in sort(setsubtract(var.extra_services, var.services)) : "${service}:*"]
}

# An account has one provider for an issuer. Where it is there already, its name is all that is needed.
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
      test     = "StringEquals" # not StringLike: a pattern is how other repositories get in
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
