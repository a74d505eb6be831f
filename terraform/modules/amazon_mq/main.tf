locals {
  zones                            = sort(keys(var.subnet_ids))
  default_consumer_timeout_seconds = 30 * 60
}

# Only where Amazon MQ's own consumer timeout, 30 minutes, is too short for the longest task.
resource "aws_mq_configuration" "this" {
  count = var.consumer_timeout_seconds > local.default_consumer_timeout_seconds ? 1 : 0

  name           = var.name
  engine_type    = "RabbitMQ"
  engine_version = var.engine_version

  # RabbitMQ counts this in milliseconds. A shorter one would return a long task to the queue while it runs.
  data = <<-CONFIGURATION
    # From the environment's time budget
    consumer_timeout = ${var.consumer_timeout_seconds * 1000}
  CONFIGURATION
}

resource "aws_mq_broker" "this" {
  broker_name                = var.name
  engine_type                = "RabbitMQ"
  engine_version             = var.engine_version
  host_instance_type         = var.instance_type
  deployment_mode            = var.deployment == "cluster" ? "CLUSTER_MULTI_AZ" : "SINGLE_INSTANCE"
  publicly_accessible        = false
  auto_minor_version_upgrade = true # Amazon MQ refuses false from RabbitMQ 3.13 on
  subnet_ids                 = [for zone in slice(local.zones, 0, var.deployment == "cluster" ? 3 : 1) : var.subnet_ids[zone]]
  security_groups            = [aws_security_group.this.id]

  dynamic "configuration" {
    for_each = aws_mq_configuration.this
    content {
      id       = configuration.value.id
      revision = configuration.value.latest_revision
    }
  }

  logs {
    general = true
  }

  maintenance_window_start_time {
    day_of_week = "TUESDAY" # people are at work on the next day
    time_of_day = "03:00"
    time_zone   = "UTC"
  }

  user {
    username = var.user
    password = var.password
  }

  lifecycle {
    # AWS uses it at creation only; RabbitMQ's users are changed in RabbitMQ, and a difference would replace the broker.
    ignore_changes = [user]
  }
}
