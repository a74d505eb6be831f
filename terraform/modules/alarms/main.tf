locals {
  # All alarms have the same shape: the metric, its dimensions and the threshold.
  alarms = merge(
    local.queue_alarms,
    local.amazon_mq_alarms,
    local.cache_alarms,
    local.instance_alarms,
    local.cluster_alarms,
    local.log_alarms,
    local.extra_alarms,
  )

  # Only names, because Terraform copies the whole value of for_each for each instance (DECISIONS.md, "Large for_each values are
  # names").
  names = tomap({ for name in keys(local.alarms) : name => name })
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.names

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = local.alarms[each.key].description
  namespace           = local.alarms[each.key].namespace
  metric_name         = local.alarms[each.key].metric
  dimensions          = local.alarms[each.key].dimensions
  statistic           = startswith(local.alarms[each.key].statistic, "p") ? null : local.alarms[each.key].statistic
  extended_statistic  = startswith(local.alarms[each.key].statistic, "p") ? local.alarms[each.key].statistic : null
  comparison_operator = local.alarms[each.key].below ? "LessThanThreshold" : "GreaterThanThreshold"
  threshold           = local.alarms[each.key].threshold
  period              = local.alarms[each.key].period
  evaluation_periods  = local.alarms[each.key].periods
  treat_missing_data  = local.alarms[each.key].missing
  alarm_actions       = [aws_sns_topic.this.arn]
  ok_actions          = [aws_sns_topic.this.arn]
}

locals {
  period = 60 # seconds; CloudWatch has these metrics once a minute (also the age of SQS's oldest message, on active queues)

  # Defaults of every alarm.
  usual = { statistic = "Maximum", period = local.period, periods = 5, below = false, missing = "notBreaching" }
}
