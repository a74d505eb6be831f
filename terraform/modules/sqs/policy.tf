locals {
  both = merge(
    { for label, queue in aws_sqs_queue.this : label => queue },
    { for label, queue in aws_sqs_queue.dead_letter : "${label}-dlq" => queue },
  )
  both_labels = toset(concat(keys(var.queues), [for label in keys(var.queues) : "${label}-dlq"]))
}

# IAM roles grant access to a queue; its own policy only denies requests without TLS.
data "aws_iam_policy_document" "this" {
  for_each = local.both_labels

  statement {
    sid       = "RefusePlaintext"
    effect    = "Deny"
    actions   = ["sqs:*"]
    resources = [local.both[each.key].arn]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_sqs_queue_policy" "this" {
  for_each = local.both_labels

  queue_url = local.both[each.key].id
  policy    = data.aws_iam_policy_document.this[each.key].json
}
