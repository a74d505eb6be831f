module "identity" {
  source = "./modules/identity"

  name                 = local.env.prefix
  workloads            = local.env.workloads
  secrets              = local.env.secrets
  buckets              = local.bucket_names
  key_arn              = module.key.arn
  cluster              = local.env.eks.name
  discovery_prefix     = local.env.discovery_prefix
  log_group            = local.env.logs.host_group
  permissions_boundary = local.permissions_boundary

  queues = merge(
    { for label, queue in local.env.queues : label => [queue.name] },
    { for label, queue in local.env.queues : "${label}-dlq" => [queue.dead_letter_name] },
    local.env.queue_patterns, # every queue, and every dead letter queue
  )
}

locals {
  permissions_boundary = one(module.delivery[*].boundary_arn)
}

module "delivery" {
  source = "./modules/delivery"
  count  = local.env.delivery == null ? 0 : 1

  name              = local.env.prefix
  issuer            = local.env.delivery.issuer
  audience          = local.env.delivery.audience
  subjects          = { plan = local.env.delivery.plan, apply = local.env.delivery.apply }
  existing_provider = local.env.delivery.existing_provider
  extra_services    = local.env.delivery.services
  discovery_prefix  = local.env.discovery_prefix
}
