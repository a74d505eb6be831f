module "worker_hosts" {
  source = "./modules/worker_hosts"

  name              = local.env.prefix
  hosts             = local.env.worker_hosts
  image_id          = local.image_id
  user_data         = local.first_boot
  vpc_id            = module.network.vpc_id
  subnet_ids        = module.network.private_subnet_ids
  instance_profiles = module.identity.worker_profiles
}

module "eks" {
  source = "./modules/eks"
  count  = local.env.eks.enabled ? 1 : 0

  name       = local.env.eks.name
  pools      = local.pools_on_eks
  subnet_ids = module.network.private_subnet_ids
}
