# Each statement exists only for workloads that need it, and lists its resources.
locals {
  # IAM rejects a policy without statements, so a workload without needs gets no policy.
  needing = tomap({
    for name, workload in var.workloads : name => name
    if workload.discovers || local.ships_logs[name] || workload.watches || workload.finds_hosts || length(concat(keys(workload.buckets), workload.secrets, workload.receives, workload.looks, workload.sends, workload.measures, workload.drains)) > 0
  })
  ships_logs = { for name, workload in var.workloads : name => var.log_group != null && workload.on == "hosts" }
  policies   = { for name, document in data.aws_iam_policy_document.this : name => document.json }

  bucket_actions    = { read = ["s3:GetObject"], write = ["s3:PutObject", "s3:DeleteObject"] }
  buckets_by_access = { for name, workload in var.workloads : name => { for access in keys(local.bucket_actions) : access => [for label, may in workload.buckets : label if contains(may, access)] } }

  bucket_arns = { for label, name in var.buckets : label => "arn:${local.partition}:s3:::${name}" }
  queue_arns  = { for label, names in var.queues : label => [for name in names : "arn:${local.partition}:sqs:${local.region}:${local.account}:${name}"] }
  secret_arns = { for label, name in var.secrets : label => "arn:${local.partition}:secretsmanager:${local.region}:${local.account}:secret:${name}-??????" }
}

data "aws_iam_policy_document" "this" {
  for_each = local.names

  dynamic "statement" {
    for_each = var.workloads[each.key].discovers ? [true] : []
    content {
      sid       = "Discover"
      actions   = ["ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath"]
      resources = [for suffix in ["", "/*"] : "arn:${local.partition}:ssm:${local.region}:${local.account}:parameter${var.discovery_prefix}${suffix}"]
    }
  }

  dynamic "statement" {
    for_each = length(var.workloads[each.key].secrets) > 0 ? [true] : []
    content {
      sid       = "ReadSecrets"
      actions   = ["secretsmanager:GetSecretValue"]
      resources = [for label in var.workloads[each.key].secrets : local.secret_arns[label]]
    }
  }

  # The key is usable only through Secrets Manager, so only for the secrets above.
  dynamic "statement" {
    for_each = length(var.workloads[each.key].secrets) > 0 ? [true] : []
    content {
      sid       = "OpenSecrets"
      actions   = ["kms:Decrypt"]
      resources = [var.key_arn]

      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = ["secretsmanager.${local.region}.amazonaws.com"]
      }
    }
  }

  dynamic "statement" {
    for_each = length(var.workloads[each.key].buckets) > 0 ? [true] : []

    content {
      sid       = "ListBuckets"
      actions   = ["s3:ListBucket"]
      resources = [for label in keys(var.workloads[each.key].buckets) : local.bucket_arns[label]]
    }
  }

  dynamic "statement" {
    for_each = { for access, actions in local.bucket_actions : access => actions if length(local.buckets_by_access[each.key][access]) > 0 }

    content {
      sid       = "${title(statement.key)}Buckets"
      actions   = statement.value
      resources = [for label in local.buckets_by_access[each.key][statement.key] : "${local.bucket_arns[label]}/*"]
    }
  }

  dynamic "statement" {
    for_each = length(var.workloads[each.key].receives) > 0 ? [true] : []
    content {
      sid       = "Receive"
      actions   = local.drain.receive
      resources = flatten([for label in var.workloads[each.key].receives : local.queue_arns[label]])
    }
  }

  dynamic "statement" {
    for_each = length(var.workloads[each.key].looks) > 0 ? [true] : []
    content {
      sid       = "Look"
      actions   = ["sqs:ReceiveMessage", "sqs:ChangeMessageVisibility"]
      resources = flatten([for label in var.workloads[each.key].looks : local.queue_arns[label]])
    }
  }

  dynamic "statement" {
    for_each = length(var.workloads[each.key].sends) > 0 ? [true] : []
    content {
      sid       = "Send"
      actions   = ["sqs:SendMessage"]
      resources = flatten([for label in var.workloads[each.key].sends : local.queue_arns[label]])
    }
  }

  dynamic "statement" {
    for_each = length(var.workloads[each.key].measures) > 0 ? [true] : []
    content {
      sid       = "Measure"
      actions   = ["sqs:GetQueueAttributes", "sqs:GetQueueUrl"]
      resources = flatten([for label in var.workloads[each.key].measures : local.queue_arns[label]])
    }
  }

  dynamic "statement" {
    for_each = length(var.workloads[each.key].drains) > 0 ? [var.workloads[each.key].drains[0]] : []
    content {
      sid       = "Drain"
      actions   = local.drain.receive
      resources = flatten([for label in statement.value : local.queue_arns[label]])
    }
  }

  dynamic "statement" {
    for_each = length(var.workloads[each.key].drains) > 0 ? [var.workloads[each.key].drains[0]] : []
    content {
      sid       = "DeadLetter"
      actions   = local.drain.dead_letter
      resources = flatten([for label in statement.value : local.queue_arns["${label}-dlq"]])
    }
  }

  dynamic "statement" {
    for_each = var.workloads[each.key].watches ? [true] : []
    content {
      sid       = "Watch" # the action has no resource types
      actions   = ["cloudwatch:GetMetricData"]
      resources = ["*"]
    }
  }

  dynamic "statement" {
    for_each = local.ships_logs[each.key] ? [true] : []
    content {
      sid       = "ShipLogs"
      actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
      resources = ["arn:${local.partition}:logs:${local.region}:${local.account}:log-group:${var.log_group}:*"]
    }
  }

  dynamic "statement" {
    for_each = var.workloads[each.key].finds_hosts ? [true] : []
    content {
      sid       = "FindHosts" # Prometheus discovers hosts by tags; the action has no resource types
      actions   = ["ec2:DescribeInstances"]
      resources = ["*"]
    }
  }
}

resource "aws_iam_role_policy" "this" {
  for_each = local.needing

  name   = "workload"
  role   = local.role_ids[each.key]
  policy = local.policies[each.key]
}
