module "monitoring_host" {
  source = "./modules/monitoring_host"
  count  = local.monitored ? 1 : 0

  name             = local.env.prefix
  hosts            = local.env.monitoring_hosts
  retention_gib    = local.env.monitoring.retention_gib
  image_id         = local.image_id
  user_data        = local.first_boot
  vpc_id           = module.network.vpc_id
  subnet_ids       = module.network.private_subnet_ids
  instance_profile = module.identity.instance_profiles["monitoring"]

  # Brokers and stores let it in themselves.
  targets = { workers = { security_group_id = module.worker_hosts.security_group_id, port = local.env.monitoring.worker_port } }
}
