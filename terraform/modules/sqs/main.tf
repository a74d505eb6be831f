locals {
  # Terraform copies the whole value of for_each for each instance, so a value with more than names in it would make the time of
  # a plan grow with the square of the number of queues (DECISIONS.md, "Large for_each values are names").
  labels = tomap({ for label in keys(var.queues) : label => label })

  fourteen_days = 14 * 24 * 60 * 60 # the longest retention period of SQS
  # SQS accepts these arguments on FIFO queues only, even with the value false.
  fifo = { for label, queue in var.queues : label => endswith(queue.name, ".fifo") ? true : null }
  # SQS refuses a redrive policy whose target does not exist. A reference from each queue to the dead letter queues themselves
  # would be an edge from each to each of Terraform's graph, a million for 1,000 queues.
  dead_letter_arns = { for label, queue in aws_sqs_queue.dead_letter : label => queue.arn }
}

resource "aws_sqs_queue" "this" {
  for_each = local.labels

  name                       = var.queues[each.key].name
  visibility_timeout_seconds = var.queues[each.key].visibility_timeout
  message_retention_seconds  = local.fourteen_days # an outage over a weekend must not lose tasks
  receive_wait_time_seconds  = 20                  # long polling, because empty responses are billed, too
  sqs_managed_sse_enabled    = true
  policy                     = local.policies[var.queues[each.key].name]
  fifo_queue                 = local.fifo[each.key]
  deduplication_scope        = local.fifo[each.key] == true ? "messageGroup" : null
  fifo_throughput_limit      = local.fifo[each.key] == true ? "perMessageGroupId" : null

  redrive_policy = jsonencode({
    deadLetterTargetArn = local.dead_letter_arns[each.key]
    maxReceiveCount     = var.queues[each.key].max_deliveries
  })
}

resource "aws_sqs_queue" "dead_letter" {
  for_each = local.labels

  name                      = var.queues[each.key].dead_letter_name
  message_retention_seconds = local.fourteen_days
  receive_wait_time_seconds = 20
  sqs_managed_sse_enabled   = true
  policy                    = local.policies[var.queues[each.key].dead_letter_name]
  fifo_queue                = local.fifo[each.key] # must be the same as for the source queue

  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = ["${local.arn_prefix}:${var.queues[each.key].name}"]
  })
}
