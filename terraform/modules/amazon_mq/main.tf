locals {
  zones                            = sort(keys(var.subnet_ids))
  default_consumer_timeout_seconds = 30 * 60
}

# Only needed if Amazon MQ's default consumer timeout of 30 minutes is too short for the longest task.
resource "aws_mq_configuration" "this" {
  count = var.consumer_timeout_seconds > local.default_consumer_timeout_seconds ? 1 : 0

  name           = var.name
  engine_type    = "RabbitMQ"
  engine_version = var.engine_version

  # In milliseconds. With a shorter timeout, RabbitMQ would requeue a long task's message while the task still runs.
  data = <<-CONFIGURATION
    # From the environment's time budget
    consumer_timeout = ${var.consumer_timeout_seconds * 1000}
  CONFIGURATION
}

# The provider has no write-only argument for a user's password, and other arguments are stored in the state. So the broker
# is created with a throwaway password, which run.py replaces with the one in Secrets Manager after the apply.
data "aws_secretsmanager_random_password" "bootstrap" {
  password_length     = 64
  exclude_punctuation = true
}

# Keeps the password that the broker was created with.
resource "terraform_data" "bootstrap" {
  input = data.aws_secretsmanager_random_password.bootstrap.random_password

  lifecycle {
    ignore_changes = [input]
  }
}

resource "aws_mq_broker" "this" {
  #checkov:skip=CKV_AWS_209:encrypted with an AWS-owned key; another key could only be set by replacing the broker

  broker_name                = var.name
  engine_type                = "RabbitMQ"
  engine_version             = var.engine_version
  host_instance_type         = var.instance_type
  deployment_mode            = var.deployment == "cluster" ? "CLUSTER_MULTI_AZ" : "SINGLE_INSTANCE"
  publicly_accessible        = false
  auto_minor_version_upgrade = true # Amazon MQ rejects false since RabbitMQ 3.13
  subnet_ids                 = [for zone in slice(local.zones, 0, var.deployment == "cluster" ? 3 : 1) : var.subnet_ids[zone]]
  security_groups            = [aws_security_group.this.id]

  dynamic "configuration" {
    for_each = aws_mq_configuration.this
    content {
      id       = configuration.value.id
      revision = configuration.value.latest_revision
    }
  }

  # No audit log: Amazon MQ offers it for ActiveMQ only.
  logs {
    general = true
  }

  maintenance_window_start_time {
    day_of_week = "TUESDAY" # so that people are at work the day after
    time_of_day = "03:00"
    time_zone   = "UTC"
  }

  user {
    username = var.user
    password = terraform_data.bootstrap.output
  }

  lifecycle {
    # AWS reads it only at creation. Users are changed in RabbitMQ itself, and a difference here would replace the broker.
    ignore_changes = [user]
  }
}
