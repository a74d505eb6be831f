# The upper limit for every role of this environment, whatever its own policies say. It grants nothing by itself. Within it, no
# role can change this policy, the OpenID Connect provider, or the rights and the trust of the pipeline's two roles; only a
# person can. It does not limit what the pipeline gives away: a role that it makes may do all that this policy allows, for
# whomever it trusts.
data "aws_iam_policy_document" "boundary" {
  #checkov:skip=CKV_AWS_107:a boundary grants nothing; it is intersected with the role's own policies
  #checkov:skip=CKV_AWS_108:the same
  #checkov:skip=CKV_AWS_109:the same
  #checkov:skip=CKV_AWS_110:the same; the Deny statements below keep roles within this boundary
  #checkov:skip=CKV_AWS_111:the same
  #checkov:skip=CKV_AWS_356:the same

  statement {
    sid       = "ServicesOfThisPlatform"
    actions   = [for service in sort(setunion(var.services, var.extra_services)) : "${service}:*"]
    resources = ["*"]
  }

  statement {
    sid       = "OwnRoles"
    actions   = ["iam:*"]
    resources = [local.own_roles, local.own_profiles, local.own_policies]
  }

  # Also the provider and this policy, which plan and apply read, and only a person changes.
  statement {
    sid       = "ReadIdentities"
    actions   = ["iam:Get*", "iam:List*"]
    resources = ["*"]
  }

  statement {
    sid       = "ServiceRoles"
    actions   = ["iam:CreateServiceLinkedRole"]
    resources = ["arn:${local.partition}:iam::${local.account}:role/aws-service-role/*"]
  }

  # EKS in Auto Mode makes an instance profile, and the cluster's role adds the nodes' role to it (AmazonEKSComputePolicy).
  # Which role can be added is limited by iam:PassRole, which OwnRoles allows for this environment's roles only.
  statement {
    sid       = "ProfilesOfAutoMode"
    actions   = ["iam:AddRoleToInstanceProfile"]
    resources = ["arn:${local.partition}:iam::${local.account}:instance-profile/eks*"]
  }

  # Otherwise the pipeline could let another repository in, or give itself what its own policy denies.
  statement {
    sid    = "PipelineStays"
    effect = "Deny"
    actions = [
      "iam:UpdateAssumeRolePolicy", "iam:PutRolePolicy", "iam:DeleteRolePolicy", "iam:AttachRolePolicy", "iam:DetachRolePolicy", "iam:CreateRole",
      "iam:DeleteRole", "iam:UpdateRole", "iam:PassRole", "iam:PutRolePermissionsBoundary",
    ]
    resources = ["arn:${local.partition}:iam::${local.account}:role/${var.name}-ci-*"]
  }

  statement {
    sid       = "RolesStayBounded"
    effect    = "Deny"
    actions   = ["iam:DeleteRolePermissionsBoundary"]
    resources = ["*"]
  }

  statement {
    sid       = "NoRoleWithoutBoundary"
    effect    = "Deny"
    actions   = ["iam:CreateRole", "iam:PutRolePermissionsBoundary"]
    resources = ["*"]

    condition {
      test     = "StringNotEquals"
      variable = "iam:PermissionsBoundary"
      values   = [local.boundary]
    }
  }
}

resource "aws_iam_policy" "boundary" {
  name        = "${var.name}-boundary"
  description = "The most that a role of ${var.name} may do"
  policy      = data.aws_iam_policy_document.boundary.json
}
