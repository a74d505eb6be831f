data "aws_partition" "this" {}
data "aws_region" "this" {}
data "aws_caller_identity" "this" {}

locals {
  # IAM roles grant access to a queue; its own policy only denies requests without TLS. ARNs are derived from names: a resource
  # or data source per queue and policy would make plans of many queues several times longer.
  arn_prefix = "arn:${data.aws_partition.this.partition}:sqs:${data.aws_region.this.id}:${data.aws_caller_identity.this.account_id}"
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
