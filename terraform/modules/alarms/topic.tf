# Not encrypted with a KMS key: alarms contain only names and numbers, and ElastiCache cannot publish to an encrypted topic.
resource "aws_sns_topic" "this" {
  #checkov:skip=CKV_AWS_26:alarms contain only names and numbers; ElastiCache cannot publish its events to an encrypted topic

  name = "${var.name}-alarms"
}

resource "aws_sns_topic_subscription" "this" {
  topic_arn = aws_sns_topic.this.arn
  protocol  = "email"
  endpoint  = var.notify
}

data "aws_caller_identity" "this" {}

data "aws_iam_policy_document" "topic" {
  # As in the default policy of SNS: services of this account publish on its behalf.
  statement {
    sid       = "OwnAccount"
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.this.arn]

    principals {
      type        = "AWS"
      identifiers = ["*"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceOwner"
      values   = [data.aws_caller_identity.this.account_id]
    }
  }

  statement {
    sid       = "OwnAccountsServices"
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.this.arn]

    principals {
      type        = "Service"
      identifiers = ["cloudwatch.amazonaws.com", "budgets.amazonaws.com", "elasticache.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.this.account_id]
    }
  }
}

resource "aws_sns_topic_policy" "this" {
  arn    = aws_sns_topic.this.arn
  policy = data.aws_iam_policy_document.topic.json
}
