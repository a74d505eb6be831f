# The queues of a worker. The first part is in its inline policy, which has a limited length; each further part is a managed policy.
locals {
  drain = {
    receive     = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility"]
    dead_letter = ["sqs:SendMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl"]
  }

  further_parts = merge([for name, workload in var.workloads : {
    for number, labels in workload.drains : "${name}-queues-${number}" => { workload = name, labels = labels } if number > 0
  }]...)
  further_names    = tomap({ for name in keys(local.further_parts) : name => name })
  further_policies = { for name, document in data.aws_iam_policy_document.queues : name => document.json }
}

data "aws_iam_policy_document" "queues" {
  for_each = local.further_names

  statement {
    sid       = "Drain"
    actions   = local.drain.receive
    resources = flatten([for label in local.further_parts[each.key].labels : local.queue_arns[label]])
  }

  statement {
    sid       = "DeadLetter"
    actions   = local.drain.dead_letter
    resources = flatten([for label in local.further_parts[each.key].labels : local.queue_arns["${label}-dlq"]])
  }
}

resource "aws_iam_policy" "queues" {
  for_each = local.further_names

  name        = "${var.name}-${each.key}"
  description = "Further queues that ${var.name}-${local.further_parts[each.key].workload} drains"
  policy      = local.further_policies[each.key]
}

resource "aws_iam_role_policy_attachment" "queues" {
  for_each = local.further_names

  role       = local.role_names[local.further_parts[each.key].workload]
  policy_arn = aws_iam_policy.queues[each.key].arn
}
