# Exactly one of four, chosen by broker.kind. A switch is a one-line diff in environment.yml; the plan shows what it destroys.

module "sqs" {
  source = "./modules/sqs"
  count  = local.kind == "sqs" ? 1 : 0

  queues = {
    for label, queue in local.env.queues : label => {
      name               = queue.name
      dead_letter_name   = queue.dead_letter_name
      max_deliveries     = queue.max_deliveries
      visibility_timeout = queue.time_budget.visibility_timeout
    }
  }
}

module "rabbitmq_hosts" {
  source = "./modules/rabbitmq_hosts"
  count  = local.kind == "rabbitmq" ? 1 : 0

  name                = local.env.prefix
  hosts               = local.machines.rabbitmq_hosts
  images              = local.images
  vpc_id              = local.vpc_id
  subnet_ids          = local.private_subnet_ids
  instance_profile    = module.identity.instance_profiles["rabbitmq"]
  tls                 = local.env.broker.rabbitmq.tls
  load_balancer       = local.env.broker.endpoint
  deletion_protection = local.env.destroy_lock
  clients             = local.own_clients
  publishers          = merge(local.publishers, local.own_monitors) # a tunnel goes through the monitoring host
  monitors            = merge(local.own_monitors, local.watchers)
  scalers             = local.scalers
}

module "amazon_mq" {
  source = "./modules/amazon_mq"
  count  = local.kind == "amazon_mq" ? 1 : 0

  name                     = local.env.broker.name
  engine_version           = local.env.broker.amazon_mq.version
  instance_type            = local.env.broker.amazon_mq.instance_type
  deployment               = local.env.broker.amazon_mq.deployment
  consumer_timeout_seconds = local.env.broker.consumer_timeout_seconds
  user                     = local.env.broker.user
  vpc_id                   = local.vpc_id
  subnet_ids               = local.private_subnet_ids
  clients                  = merge(local.own_clients, local.own_monitors)
  publishers               = local.publishers
  monitors                 = local.watchers
}

module "redis_broker" {
  source = "./modules/elasticache"
  count  = local.kind == "redis" ? 1 : 0

  name               = local.env.broker.name
  purpose            = "Celery broker"
  node_type          = local.env.broker.redis.node_type
  replicas           = local.env.broker.redis.replicas
  tls                = local.env.broker.redis.tls
  user               = { name = local.env.broker.user, access = local.env.results.access }
  events_topic_arn   = module.alarms.topic_arn
  log_folder         = local.env.log_folder
  log_retention_days = local.env.logs.retention_days
  key_arn            = module.key.arn
  vpc_id             = local.vpc_id
  subnet_ids         = local.private_subnet_ids
  clients            = local.store_clients
}
