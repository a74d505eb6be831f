data "aws_partition" "this" {}
data "aws_region" "this" {}
data "aws_caller_identity" "this" {}

locals {
  # Derived from names, because each queue of a pair needs the ARN of the other, and because a reference from each queue to
  # another resource would make the time of a plan grow with the square of their number.
  arn_prefix = "arn:${data.aws_partition.this.partition}:sqs:${data.aws_region.this.id}:${data.aws_caller_identity.this.account_id}"

  # IAM roles grant access to a queue; its own policy only denies requests without TLS.
  policies = { for name in flatten([for queue in var.queues : [queue.name, queue.dead_letter_name]]) : name => jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "RefusePlaintext"
      Effect    = "Deny"
      Action    = "sqs:*"
      Principal = "*"
      Resource  = "${local.arn_prefix}:${name}"
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  }) }
}
