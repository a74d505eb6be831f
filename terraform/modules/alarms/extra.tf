locals {
  extra_alarms = { for name, alarm in var.extra : "extra-${name}" => merge(local.usual, {
    description = alarm.description
    namespace   = alarm.namespace
    metric      = alarm.metric
    dimensions  = alarm.dimensions
    statistic   = alarm.statistic
    period      = alarm.period_seconds
    periods     = alarm.periods
    threshold   = alarm.threshold
    below       = alarm.below
    missing     = alarm.missing
  }) }
}
