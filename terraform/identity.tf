module "identity" {
  source = "./modules/identity"

  name                 = local.env.prefix
  rabbitmq             = local.kind == "rabbitmq"
  discovery_prefix     = local.env.discovery_prefix
  media_bucket_arn     = module.media.arn
  queues               = local.kind == "sqs" ? [for queue in local.env.queues : queue.name] : []
  worker_secret_arns   = { for label, arn in module.secrets.arns : label => arn if label != "erlang_cookie" }
  rabbitmq_secret_arns = { for label, arn in module.secrets.arns : label => arn if contains(["broker_password", "erlang_cookie"], label) }

  pools = {
    for name, pool in local.pools_on_hosts : name => {
      queues       = [for queue in pool.queues : local.env.queues[queue].name]
      dead_letters = [for queue in pool.queues : local.env.queues[queue].dead_letter_name]
    }
  }
}
