module "network" {
  source = "./modules/network"
  count  = local.env.network.existing == null ? 1 : 0

  name                 = local.env.prefix
  cidr                 = local.env.network.cidr
  zones                = local.env.network.zones
  nat                  = local.env.network.nat
  endpoints            = local.env.network.endpoints
  flow_logs            = local.env.network.flow_logs
  log_folder           = local.env.log_folder
  log_retention_days   = local.env.logs.retention_days
  key_arn              = module.key.arn
  permissions_boundary = local.permissions_boundary
}

locals {
  # The VPC that is created here, or the existing one.
  existing_network   = local.env.network.existing
  vpc_id             = local.existing_network == null ? one(module.network[*].vpc_id) : local.existing_network.vpc_id
  resolvers          = local.existing_network == null ? [] : local.existing_network.resolvers
  private_subnet_ids = local.existing_network == null ? one(module.network[*].private_subnet_ids) : local.existing_network.private_subnet_ids
}
