locals {
  fourteen_days = 14 * 24 * 60 * 60 # the longest SQS keeps a message
}

resource "aws_sqs_queue" "this" {
  for_each = var.queues

  name                       = each.value.name
  visibility_timeout_seconds = each.value.visibility_timeout
  message_retention_seconds  = local.fourteen_days # a weekend's outage must not lose tasks
  receive_wait_time_seconds  = 20                  # long polling: empty answers are billed too
  sqs_managed_sse_enabled    = true
}

resource "aws_sqs_queue" "dead_letter" {
  for_each = var.queues

  name                      = each.value.dead_letter_name
  message_retention_seconds = local.fourteen_days
  receive_wait_time_seconds = 20
  sqs_managed_sse_enabled   = true
}
