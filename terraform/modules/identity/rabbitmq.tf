data "aws_iam_policy_document" "rabbitmq" {
  count = var.rabbitmq ? 1 : 0

  statement {
    sid       = "ReadSecrets"
    actions   = ["secretsmanager:GetSecretValue"]
    resources = values(var.rabbitmq_secret_arns)
  }
}

resource "aws_iam_role_policy" "rabbitmq" {
  count = var.rabbitmq ? 1 : 0

  name   = "rabbitmq"
  role   = aws_iam_role.this["rabbitmq"].id
  policy = data.aws_iam_policy_document.rabbitmq[0].json
}
