module "network" {
  source = "./modules/network"

  name                 = local.env.prefix
  cidr                 = local.env.network.cidr
  zones                = local.env.network.zones
  nat                  = local.env.network.nat
  endpoints            = local.env.network.endpoints
  flow_logs            = local.env.network.flow_logs
  log_retention_days   = local.env.logs.retention_days
  key_arn              = module.key.arn
  permissions_boundary = local.permissions_boundary
}
