module "secrets" {
  source = "./modules/secrets"

  generated = { for label, name in local.env.secrets : label => name if label != "payment_gateway" }
  supplied  = { for label, name in local.env.secrets : label => name if label == "payment_gateway" }
  key_arn   = module.key.arn
}
