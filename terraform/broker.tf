# One of four, by broker.kind. Switching is a one-line diff in environment.yml; a plan shows what it destroys.

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

  name             = local.env.prefix
  hosts            = local.env.rabbitmq_hosts
  image_id         = local.image_id
  user_data        = local.first_boot
  vpc_id           = module.network.vpc_id
  subnet_ids       = module.network.private_subnet_ids
  instance_profile = module.identity.rabbitmq_profile
  clients          = local.clients
}

# The provider has no write-only argument for a broker's user, so this one password is in the (encrypted) state.
# Reading it back, rather than keeping a second copy, means that a failed apply can be repeated.
data "aws_secretsmanager_secret_version" "broker_password" {
  count = local.kind == "amazon_mq" ? 1 : 0

  secret_id = module.secrets.arns["broker_password"]
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
  password                 = data.aws_secretsmanager_secret_version.broker_password[0].secret_string
  vpc_id                   = module.network.vpc_id
  subnet_ids               = module.network.private_subnet_ids
  clients                  = local.clients
}

module "redis_broker" {
  source = "./modules/elasticache"
  count  = local.kind == "redis" ? 1 : 0

  name       = local.env.broker.name
  purpose    = "Celery broker"
  node_type  = local.env.broker.redis.node_type
  replicas   = local.env.broker.redis.replicas
  vpc_id     = module.network.vpc_id
  subnet_ids = module.network.private_subnet_ids
  clients    = local.clients
}
