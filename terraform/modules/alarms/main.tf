locals {
  # All alarms have the same shape: the metric, its dimensions and the threshold.
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
  period = 60 # seconds; CloudWatch has these metrics once a minute (also the age of SQS's oldest message, on active queues)

  # Defaults of every alarm.
  usual = { statistic = "Maximum", period = local.period, periods = 5, below = false, missing = "notBreaching" }
}
