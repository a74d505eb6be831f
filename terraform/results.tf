module "results" {
  source = "./modules/elasticache"

  name       = local.env.results.name
  purpose    = "Celery results, idempotency keys and rate limits"
  node_type  = local.env.results.node_type
  replicas   = local.env.results.replicas
  vpc_id     = module.network.vpc_id
  subnet_ids = module.network.private_subnet_ids
  clients    = local.clients
}
