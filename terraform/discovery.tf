locals {
  broker_url = {
    sqs       = "sqs://"
    rabbitmq  = one(module.rabbitmq_hosts[*].url)
    amazon_mq = one(module.amazon_mq[*].url)
    redis     = local.kind == "redis" ? "redis://${module.redis_broker[0].address}/0" : null
  }
  discovery = {
    broker_url   = local.broker_url[local.kind]
    results_url  = "redis://${module.results.address}/1"
    media_bucket = module.media.name
    queue_urls   = jsonencode(local.kind == "sqs" ? module.sqs[0].urls : {})
  }
}

module "discovery" {
  source = "./modules/discovery"

  prefix = local.env.discovery_prefix
  values = local.discovery
}
