locals {
  # Hosts log every minute (timers of systemd, heartbeats of workers), so an hour without any entry is a shipment that has stopped.
  log_alarms = merge([for group in var.log_group == null ? [] : [var.log_group] : {
    host-logs = merge(local.usual, {
      description = "No host has shipped an entry to ${group} for an hour. See `journalctl -u log-shipping` on one."
      namespace   = "AWS/Logs"
      metric      = "IncomingLogEvents"
      dimensions  = { LogGroupName = group }
      statistic   = "Sum"
      threshold   = 1
      period      = 3600
      periods     = 1
      below       = true
      missing     = "breaching"
    })
  }]...)
}
