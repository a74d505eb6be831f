# Where `make push` puts a release's wheels, chart and configuration, with a record that this key signs. No host and no pod
# reads it: whoever deploys does, and checks the signature first.
module "releases" {
  source = "./modules/bucket"

  name = "${local.env.prefix}-releases-${data.aws_caller_identity.this.account_id}"
}

module "signing_key" {
  source = "./modules/signing_key"

  name = "${local.env.prefix}-releases"
}
