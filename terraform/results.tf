module "results" {
  source = "./modules/elasticache"

  name               = local.env.results.name
  purpose            = "Celery results, idempotency keys and rate limits"
  node_type          = local.env.results.node_type
  replicas           = local.env.results.replicas
  tls                = local.env.results.tls
  user               = { name = local.env.results.user, access = local.env.results.access }
  events_topic_arn   = module.alarms.topic_arn
  log_folder         = local.env.log_folder
  log_retention_days = local.env.logs.retention_days
  key_arn            = module.key.arn
  vpc_id             = local.vpc_id
  subnet_ids         = local.private_subnet_ids
  clients            = local.store_clients
}
