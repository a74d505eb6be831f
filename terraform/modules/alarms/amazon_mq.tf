locals {
  # RabbitMQ blocks every publisher at its memory or disk limit. These alarms fire before it does.
  mq = var.amazon_mq == null ? [] : [{ Broker = var.amazon_mq }]

  amazon_mq_alarms = merge([for dimensions in local.mq : {
    amazon-mq-connections = merge(local.usual, {
      description = "${dimensions.Broker} has more than ${var.thresholds.broker_connections} connections. Clients do not close them, or there are too many workers."
      namespace   = "AWS/AmazonMQ"
      metric      = "ConnectionCount"
      dimensions  = dimensions
      threshold   = var.thresholds.broker_connections
    })
    amazon-mq-messages = merge(local.usual, {
      description = "${dimensions.Broker} holds more than ${var.thresholds.queue_length} messages."
      namespace   = "AWS/AmazonMQ"
      metric      = "MessageCount"
      dimensions  = dimensions
      threshold   = var.thresholds.queue_length
    })
  }]...)

  # Ratios of two metrics, because the limits depend on the instance size.
  ratios = merge([for dimensions in local.mq : {
    amazon-mq-memory = {
      description = "${dimensions.Broker} uses more than ${var.thresholds.memory_ratio * 100} % of the memory at which it blocks publishers."
      dimensions  = dimensions
      part        = "RabbitMQMemUsed"
      whole       = "RabbitMQMemLimit"
      above       = var.thresholds.memory_ratio
    }
    amazon-mq-disk = {
      description = "${dimensions.Broker}blocks publishers at a free disk limit that is more than ${var.thresholds.memory_ratio * 100} % of the free disk space."
      dimensions  = dimensions
      part        = "RabbitMQDiskFreeLimit"
      whole       = "RabbitMQDiskFree"
      above       = var.thresholds.memory_ratio
    }
  }]...)
}

resource "aws_cloudwatch_metric_alarm" "ratio" {
  for_each = local.ratios

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.description
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.above
  evaluation_periods  = 5
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.this.arn]
  ok_actions          = [aws_sns_topic.this.arn]

  metric_query {
    id          = "ratio"
    expression  = "part / whole"
    label       = each.key
    return_data = true
  }

  dynamic "metric_query" {
    for_each = { part = each.value.part, whole = each.value.whole }
    content {
      id = metric_query.key

      metric {
        namespace   = "AWS/AmazonMQ"
        metric_name = metric_query.value
        dimensions  = each.value.dimensions
        stat        = metric_query.key == "part" ? "Maximum" : "Minimum"
        period      = local.period
      }
    }
  }
}
