data "aws_iam_policy_document" "worker" {
  for_each = var.pools

  statement {
    sid       = "Discover"
    actions   = ["ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath"]
    resources = [for suffix in ["", "/*"] : "arn:${local.partition}:ssm:${local.here}:parameter${var.discovery_prefix}${suffix}"]
  }

  statement {
    sid       = "ReadSecrets"
    actions   = ["secretsmanager:GetSecretValue"]
    resources = values(var.worker_secret_arns)
  }

  statement {
    sid       = "ListPictures"
    actions   = ["s3:ListBucket"]
    resources = [var.media_bucket_arn]
  }

  statement {
    sid       = "ReadAndWritePictures"
    actions   = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]
    resources = ["${var.media_bucket_arn}/*"]
  }

  dynamic "statement" {
    for_each = length(var.queues) > 0 ? [each.value.queues] : []
    content {
      sid       = "DrainOwnQueues"
      actions   = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility"]
      resources = [for queue in statement.value : "arn:${local.partition}:sqs:${local.here}:${queue}"]
    }
  }

  dynamic "statement" {
    for_each = length(var.queues) > 0 ? [concat(var.queues, each.value.dead_letters)] : []
    content {
      sid       = "SendAndMeasure" # to any queue here: tasks start tasks of other pools
      actions   = ["sqs:SendMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl"]
      resources = [for queue in statement.value : "arn:${local.partition}:sqs:${local.here}:${queue}"]
    }
  }
}

resource "aws_iam_role_policy" "worker" {
  for_each = var.pools

  name   = "worker"
  role   = aws_iam_role.this["worker-${each.key}"].id
  policy = data.aws_iam_policy_document.worker[each.key].json
}
