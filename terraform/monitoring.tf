# Brokers, stores and workers have the rules that admit it.
module "monitoring_host" {
  source = "./modules/monitoring_host"
  count  = local.monitored ? 1 : 0

  name             = local.env.prefix
  hosts            = local.machines.monitoring_hosts
  retention_gib    = local.env.monitoring.retention_gib
  images           = local.images
  vpc_id           = local.vpc_id
  subnet_ids       = local.private_subnet_ids
  instance_profile = module.identity.instance_profiles["monitoring"]
}
