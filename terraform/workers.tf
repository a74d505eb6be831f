module "worker_hosts" {
  source = "./modules/worker_hosts"

  name              = local.env.prefix
  hosts             = local.machines.worker_hosts
  images            = local.images
  vpc_id            = local.vpc_id
  subnet_ids        = local.private_subnet_ids
  instance_profiles = { for pool in keys(local.pools_on_hosts) : pool => module.identity.instance_profiles["worker-${pool}"] }
  egress            = local.egress_of_hosts
  resolvers         = local.resolvers
  metrics_ports     = local.env.monitoring.worker_ports
  scrapers          = merge(local.own_monitors, local.watchers)
}

module "eks" {
  source = "./modules/eks"
  count  = local.makes_cluster ? 1 : 0

  name                 = local.env.eks.name
  kubernetes_version   = local.env.eks.version
  service_cidr         = local.env.eks.service_cidr
  compute              = local.env.eks.compute
  addons               = local.env.eks.addons
  pools                = local.pools_on_eks
  public_access_cidrs  = local.env.eks.public_access_cidrs
  admins               = local.env.eks.admins
  subnet_ids           = local.private_subnet_ids
  key_arn              = module.key.arn
  log_retention_days   = local.env.logs.retention_days
  permissions_boundary = local.permissions_boundary
  metrics_port         = local.env.monitoring.worker_port
  monitors             = merge(local.own_monitors, local.watchers)
}

# In the cluster that is created here, or in the existing one.
module "pod_identity" {
  source = "./modules/pod_identity"
  count  = local.env.eks.enabled ? 1 : 0

  cluster          = local.cluster_is_there ? local.env.eks.existing.name : module.eks[0].name
  service_accounts = module.identity.pod_roles
}

module "registry" {
  source = "./modules/registry"
  count  = local.env.eks.enabled ? 1 : 0

  name    = local.env.registry.name
  key_arn = module.key.arn
}
