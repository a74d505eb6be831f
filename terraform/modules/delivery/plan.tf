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

  # For the first passwords of store and broker users (aws_secretsmanager_random_password in modules/elasticache and
  # modules/amazon_mq), which a plan makes up. The action has no resource types.
  statement {
    sid       = "MakeUpPasswords"
    actions   = ["secretsmanager:GetRandomPassword"]
    resources = ["*"]
  }

  # ReadOnlyAccess also allows reading data, which a plan does not need. Services that this configuration does not use are
  # outside the boundary.
  statement {
    sid    = "NoData"
    effect = "Deny"
    actions = [
      "secretsmanager:GetSecretValue", "secretsmanager:BatchGetSecretValue", "sqs:ReceiveMessage",
      "logs:FilterLogEvents", "logs:GetLogEvents", "logs:GetLogObject", "logs:GetLogRecord", "logs:GetQueryResults", "logs:StartLiveTail", "logs:StartQuery", "logs:Unmask",
      "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer",
      "ec2:GetConsoleOutput", "ec2:GetConsoleScreenshot", "ec2:GetPasswordData",
      "ssm:GetCommandInvocation", "ssm:ListCommandInvocations", "ssm:ListCommands", # parameters and output of commands
      "ssm:DescribeAutomationExecutions", "ssm:DescribeAutomationStepExecutions", "ssm:GetAutomationExecution",
      "ssm:GetParameterHistory", "ssm:SendCommand", "ssm:StartSession",
    ]
    resources = ["*"]
  }

  # Terraform reads the environment's own parameters, which are no secrets, and the ids of public images.
  statement {
    sid           = "NoParametersOfOthers"
    effect        = "Deny"
    actions       = ["ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath"]
    not_resources = ["arn:${local.partition}:ssm:*:${local.account}:parameter${var.discovery_prefix}/*", "arn:${local.partition}:ssm:*:*:parameter/aws/service/*"]
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
