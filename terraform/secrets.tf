locals {
  platform_secrets = toset(local.env.platform_secrets)
}

module "secrets" {
  source = "./modules/secrets"

  # The platform's passwords are generated, since no person needs to know them. A person sets the application's secrets.
  generated = { for label, name in local.env.secrets : label => name if contains(local.platform_secrets, label) }
  supplied  = { for label, name in local.env.secrets : label => name if !contains(local.platform_secrets, label) }
  key_arn   = module.key.arn
}
