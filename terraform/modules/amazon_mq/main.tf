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

# The provider has no write-only argument for a user's password, and an argument is kept in the state. So the broker is
# made with one that nobody keeps; after the apply, run.py replaces it in RabbitMQ by the one in Secrets Manager.
data "aws_secretsmanager_random_password" "bootstrap" {
  password_length     = 64
  exclude_punctuation = true
}

# Keeps the first one: the one that the broker was made with.
resource "terraform_data" "bootstrap" {
  input = data.aws_secretsmanager_random_password.bootstrap.random_password

  lifecycle {
    ignore_changes = [input]
  }
}

resource "aws_mq_broker" "this" {
  #checkov:skip=CKV_AWS_209:encrypted with a key of AWS; another key could only be chosen by making the broker anew

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

  # RabbitMQ has no audit log here: Amazon MQ offers that for ActiveMQ only.
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
    password = terraform_data.bootstrap.output
  }

  lifecycle {
    # AWS uses it at creation only; RabbitMQ's users are changed in RabbitMQ, and a difference would replace the broker.
    ignore_changes = [user]
  }
}
