module "host_logs" {
  source = "./modules/host_logs"
  count  = local.ships_logs ? 1 : 0

  name           = local.env.logs.host_group
  retention_days = local.env.logs.retention_days
  key_arn        = module.key.arn
}

locals {
  ships_logs = local.env.logs.host_group != null
}
