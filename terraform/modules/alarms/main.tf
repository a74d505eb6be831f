locals {
  # One shape for all: what is measured, of what, and from which value on somebody must look.
  alarms = merge(
    local.queue_alarms,
    local.amazon_mq_alarms,
    local.cache_alarms,
    local.instance_alarms,
    local.cluster_alarms,
    local.extra_alarms,
  )
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.description
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = startswith(each.value.statistic, "p") ? null : each.value.statistic
  extended_statistic  = startswith(each.value.statistic, "p") ? each.value.statistic : null
  comparison_operator = each.value.below ? "LessThanThreshold" : "GreaterThanThreshold"
  threshold           = each.value.threshold
  period              = each.value.period
  evaluation_periods  = each.value.periods
  treat_missing_data  = each.value.missing
  alarm_actions       = [aws_sns_topic.this.arn]
  ok_actions          = [aws_sns_topic.this.arn]
}

locals {
  period = 60 # seconds; CloudWatch keeps these metrics by the minute (SQS's oldest message, too, on active queues)

  # What an alarm says of itself unless it says otherwise.
  usual = { statistic = "Maximum", period = local.period, periods = 5, below = false, missing = "notBreaching" }
}
