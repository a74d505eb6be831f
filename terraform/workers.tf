module "worker_hosts" {
  source = "./modules/worker_hosts"

  name              = local.env.prefix
  hosts             = local.env.worker_hosts
  image_id          = local.image_id
  user_data         = local.first_boot
  vpc_id            = module.network.vpc_id
  subnet_ids        = module.network.private_subnet_ids
  instance_profiles = { for pool in keys(local.pools_on_hosts) : pool => module.identity.instance_profiles["worker-${pool}"] }
}

module "eks" {
  source = "./modules/eks"
  count  = local.env.eks.enabled ? 1 : 0

  name                 = local.env.eks.name
  kubernetes_version   = local.env.eks.version
  compute              = local.env.eks.compute
  addons               = local.env.eks.addons
  pools                = local.pools_on_eks
  public_access_cidrs  = local.env.eks.public_access_cidrs
  admins               = local.env.eks.admins
  service_accounts     = module.identity.pod_roles
  subnet_ids           = module.network.private_subnet_ids
  key_arn              = module.key.arn
  log_retention_days   = local.env.logs.retention_days
  permissions_boundary = local.permissions_boundary
}

module "registry" {
  source = "./modules/registry"
  count  = local.env.eks.enabled ? 1 : 0

  name    = local.env.registry.name
  key_arn = module.key.arn
}
