module "alarms" {
  source = "./modules/alarms"

  name      = local.env.prefix
  notify    = local.env.alerts.notify
  amazon_mq = local.kind == "amazon_mq" ? local.env.broker.name : null
  cluster   = local.makes_cluster ? local.env.eks.name : null
  instances = local.instance_ids
  extra     = local.env.alerts.extra
  log_group = local.ships_logs ? local.env.logs.host_group : null
  queues    = { for label, queue in local.env.queues : label => queue if local.kind == "sqs" }

  # Derived from names. Reading them from the replication groups would be a cycle: these send their events to the topic.
  cache_nodes = concat(
    [for number in range(1, local.env.results.replicas + 2) : format("%s-%03d", local.env.results.name, number)],
    [for number in range(1, local.env.broker.redis.replicas + 2) : format("%s-%03d", local.env.broker.name, number) if local.kind == "redis"],
  )

  thresholds = {
    queue_wait_seconds = local.env.alerts.oldest_message_seconds
    queue_length       = local.env.alerts.queue_length
    dead_letters       = local.env.alerts.dead_letters
    broker_connections = local.env.alerts.broker_connections
    memory_ratio       = local.env.alerts.memory_ratio
    failed_requests    = local.env.alerts.failed_requests
  }
}

module "budget" {
  source = "./modules/budget"

  name        = local.env.prefix
  tags        = { Environment = local.env.name, Project = local.env.tags.Project }
  monthly_usd = local.env.budget.monthly_usd
  topic_arn   = module.alarms.topic_arn
}
