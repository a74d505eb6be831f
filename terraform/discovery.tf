locals {
  broker_url = {
    sqs       = "sqs://"
    rabbitmq  = one(module.rabbitmq_hosts[*].url)
    amazon_mq = one(module.amazon_mq[*].url)
    redis     = local.kind == "redis" ? "${module.redis_broker[0].url}/0" : null
  }
  # Processes of release 0.1 end without `queue_urls`; whoever starts one between the apply and the deploy, an autoscaler
  # for example, needs it. To be removed in the release after the next.
  queue_urls = jsonencode(
    local.kind == "sqs" ? { for label, queue in local.env.queues : label => "${module.sqs[0].url}/${queue.name}" } : {}
  )
  discovery = merge({
    broker_url      = local.broker_url[local.kind]
    results_url     = "${module.results.url}/1"
    buckets         = jsonencode({ for label, bucket in module.buckets : label => bucket.name })
    transfer_bucket = module.transfer.name
    release_bucket  = module.releases.name
    queue_urls      = length(local.queue_urls) <= 4096 ? local.queue_urls : "{}"
  }, local.kind == "sqs" ? { queues_url = module.sqs[0].url } : {})
}

module "discovery" {
  source = "./modules/discovery"

  prefix = local.env.discovery_prefix
  values = local.discovery
  placed = contains(keys(local.env.secrets), "broker_ca") ? ["broker_ca_certificate"] : []
}
