locals {
  port = 6379
}

resource "aws_elasticache_subnet_group" "this" {
  name       = var.name
  subnet_ids = [for zone in sort(keys(var.subnet_ids)) : var.subnet_ids[zone]]
}

resource "aws_elasticache_parameter_group" "this" {
  name   = var.name
  family = "valkey8"

  # The default policy evicts keys that have an expiry: half-finished chords and idempotency keys would vanish without an error.
  parameter {
    name  = "maxmemory-policy"
    value = "noeviction"
  }
}

resource "aws_elasticache_replication_group" "this" {
  #checkov:skip=CKV_AWS_191:encrypted with an AWS-owned key; another key could only be set by replacing the group
  #checkov:skip=CKV2_AWS_50:with a replica it fails over to another zone; without one, failover is impossible

  replication_group_id       = var.name
  description                = var.purpose
  engine                     = "valkey"
  engine_version             = "8.0"
  node_type                  = var.node_type
  num_cache_clusters         = var.replicas + 1
  automatic_failover_enabled = var.replicas > 0
  multi_az_enabled           = var.replicas > 0
  port                       = local.port
  parameter_group_name       = aws_elasticache_parameter_group.this.name
  subnet_group_name          = aws_elasticache_subnet_group.this.name
  security_group_ids         = [aws_security_group.this.id]
  at_rest_encryption_enabled = true
  transit_encryption_enabled = var.tls
  user_group_ids             = var.tls ? [aws_elasticache_user_group.this[0].id] : null
  notification_topic_arn     = var.events_topic_arn     # failovers and replaced nodes
  snapshot_retention_limit   = var.replicas > 0 ? 7 : 0 # days; a small node without a replica stalls while it saves
  snapshot_window            = var.replicas > 0 ? "02:00-03:00" : null
  maintenance_window         = "tue:03:30-tue:04:30" # after the snapshot; people are at work the day after
  apply_immediately          = false                 # changes that restart nodes happen in the maintenance window

  log_delivery_configuration {
    log_type         = "slow-log"
    log_format       = "json"
    destination_type = "cloudwatch-logs"
    destination      = aws_cloudwatch_log_group.slow.name
  }
}

resource "aws_cloudwatch_log_group" "slow" {
  name              = "${var.log_folder}/${var.name}/slow-log"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.key_arn
}
