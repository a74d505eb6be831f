module "key" {
  source = "./modules/key"

  name               = local.env.prefix
  log_group_prefixes = ["${local.env.log_folder}/${local.env.prefix}", "/aws/eks/${local.env.eks.name}/"]
}
