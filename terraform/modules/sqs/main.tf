locals {
  fourteen_days = 14 * 24 * 60 * 60 # the longest SQS keeps a message
  # Only for FIFO queues: SQS refuses these arguments, even false, on any other.
  fifo = { for label, queue in var.queues : label => endswith(queue.name, ".fifo") ? true : null }
}

resource "aws_sqs_queue" "this" {
  for_each = var.queues

  name                       = each.value.name
  visibility_timeout_seconds = each.value.visibility_timeout
  message_retention_seconds  = local.fourteen_days # a weekend's outage must not lose tasks
  receive_wait_time_seconds  = 20                  # long polling: empty answers are billed too
  sqs_managed_sse_enabled    = true
  fifo_queue                 = local.fifo[each.key]
  deduplication_scope        = local.fifo[each.key] == true ? "messageGroup" : null
  fifo_throughput_limit      = local.fifo[each.key] == true ? "perMessageGroupId" : null
}

resource "aws_sqs_queue" "dead_letter" {
  for_each = var.queues

  name                      = each.value.dead_letter_name
  message_retention_seconds = local.fourteen_days
  receive_wait_time_seconds = 20
  sqs_managed_sse_enabled   = true
  fifo_queue                = local.fifo[each.key] # SQS: as the queue it serves
}
