locals {
  platform_secrets = toset(local.env.platform_secrets)
}

module "secrets" {
  source = "./modules/secrets"

  # Of the platform's own passwords nobody needs to know the value; the application's come from a person.
  generated = { for label, name in local.env.secrets : label => name if contains(local.platform_secrets, label) }
  supplied  = { for label, name in local.env.secrets : label => name if !contains(local.platform_secrets, label) }
  key_arn   = module.key.arn
}
