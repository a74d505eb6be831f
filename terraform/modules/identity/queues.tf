# The queues of a worker. The first part is in its inline policy, which has a limited length; each further part is a managed policy.
locals {
  drain = {
    receive     = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility"]
    dead_letter = ["sqs:SendMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl"]
  }

  further_parts = merge([for name, workload in var.workloads : {
    for number, labels in workload.drains : "${name}-queues-${number}" => { workload = name, labels = labels } if number > 0
  }]...)
}

data "aws_iam_policy_document" "queues" {
  for_each = local.further_parts

  statement {
    sid       = "Drain"
    actions   = local.drain.receive
    resources = flatten([for label in each.value.labels : local.queue_arns[label]])
  }

  statement {
    sid       = "DeadLetter"
    actions   = local.drain.dead_letter
    resources = flatten([for label in each.value.labels : local.queue_arns["${label}-dlq"]])
  }
}

resource "aws_iam_policy" "queues" {
  for_each = local.further_parts

  name        = "${var.name}-${each.key}"
  description = "Further queues that ${var.name}-${each.value.workload} drains"
  policy      = data.aws_iam_policy_document.queues[each.key].json
}

resource "aws_iam_role_policy_attachment" "queues" {
  for_each = local.further_parts

  role       = aws_iam_role.this[each.value.workload].name
  policy_arn = aws_iam_policy.queues[each.key].arn
}
