resource "aws_iam_role_policy_attachment" "plan" {
  role       = aws_iam_role.this["plan"].name
  policy_arn = "arn:${local.partition}:iam::aws:policy/ReadOnlyAccess"
}

data "aws_iam_policy_document" "plan" {
  statement {
    sid       = "ReadState"
    actions   = ["s3:GetObject", "s3:ListBucket"]
    resources = [local.state, "${local.state}/*"]
  }

  statement {
    sid       = "LockState"
    actions   = ["s3:PutObject", "s3:DeleteObject"]
    resources = ["${local.state}/*.tflock"]
  }

  # For the ephemeral values of secrets, which a plan evaluates and discards. The action has no resource types.
  statement {
    sid       = "MakeUpPasswords"
    actions   = ["secretsmanager:GetRandomPassword"]
    resources = ["*"]
  }

  # ReadOnlyAccess also allows reading data, which a plan does not need.
  statement {
    sid       = "NoData"
    effect    = "Deny"
    actions   = ["secretsmanager:GetSecretValue", "sqs:ReceiveMessage", "ssm:StartSession", "ssm:SendCommand"]
    resources = ["*"]
  }

  dynamic "statement" {
    for_each = length(local.of_pools_only) > 0 ? [true] : []

    content {
      sid       = "OfPoolsOnly"
      effect    = "Deny"
      actions   = local.of_pools_only
      resources = ["*"]
    }
  }

  statement {
    sid           = "NoObjects"
    effect        = "Deny"
    actions       = ["s3:GetObject", "s3:GetObjectVersion"]
    not_resources = ["${local.state}/*"]
  }
}

resource "aws_iam_role_policy" "plan" {
  name   = "plan"
  role   = aws_iam_role.this["plan"].id
  policy = data.aws_iam_policy_document.plan.json
}
