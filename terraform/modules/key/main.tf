data "aws_partition" "this" {}
data "aws_region" "this" {}
data "aws_caller_identity" "this" {}

locals {
  partition = data.aws_partition.this.partition
  region    = data.aws_region.this.id
  account   = data.aws_caller_identity.this.account_id
}

data "aws_iam_policy_document" "this" {
  #checkov:skip=CKV_AWS_109:the resource of a key policy is the key itself; without the account's root, IAM could not manage the key
  #checkov:skip=CKV_AWS_111:the same
  #checkov:skip=CKV_AWS_356:the same

  # Lets IAM policies of the account grant access to the key. Without this statement, nobody could change the key policy again.
  statement {
    sid       = "AccountDecides"
    actions   = ["kms:*"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = ["arn:${local.partition}:iam::${local.account}:root"]
    }
  }

  statement {
    sid       = "OwnLogGroups"
    actions   = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"]
    resources = ["*"]

    principals {
      type        = "Service"
      identifiers = ["logs.${local.region}.amazonaws.com"]
    }

    condition {
      test     = "ArnLike"
      variable = "kms:EncryptionContext:aws:logs:arn"
      values   = [for prefix in var.log_group_prefixes : "arn:${local.partition}:logs:${local.region}:${local.account}:log-group:${prefix}*"]
    }
  }
}

resource "aws_kms_key" "this" {
  description             = "Secrets, logs and images of ${var.name}"
  enable_key_rotation     = true
  deletion_window_in_days = 7 # the shortest waiting period that KMS allows
  policy                  = data.aws_iam_policy_document.this.json
}

resource "aws_kms_alias" "this" {
  name          = "alias/${var.name}"
  target_key_id = aws_kms_key.this.key_id
}
