module "network" {
  source = "./modules/network"

  name  = local.env.prefix
  cidr  = local.env.network.cidr
  zones = local.env.network.zones
  nat   = local.env.network.nat
}
