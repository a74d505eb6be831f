locals {
  broker_url = {
    sqs       = "sqs://"
    rabbitmq  = one(module.rabbitmq_hosts[*].url)
    amazon_mq = one(module.amazon_mq[*].url)
    redis     = local.kind == "redis" ? "${module.redis_broker[0].url}/0" : null
  }
  discovery = merge({
    broker_url      = local.broker_url[local.kind]
    results_url     = "${module.results.url}/1"
    buckets         = jsonencode({ for label, bucket in module.buckets : label => bucket.name })
    transfer_bucket = module.transfer.name
  }, local.kind == "sqs" ? { queues_url = module.sqs[0].url } : {})
}

module "discovery" {
  source = "./modules/discovery"

  prefix = local.env.discovery_prefix
  values = local.discovery
  placed = contains(keys(local.env.secrets), "broker_ca") ? ["broker_ca_certificate"] : []
}
