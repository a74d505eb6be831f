data "aws_caller_identity" "this" {}

locals {
  # The account's number makes a name unique in the world.
  bucket_names = { for label, name in local.env.buckets : label => "${name}-${data.aws_caller_identity.this.account_id}" }
}

module "buckets" {
  source   = "./modules/bucket"
  for_each = local.bucket_names

  name = each.value
}

# Ansible's files on their way to a host over Session Manager. Who could read or write them would be root on that host, so
# no role here may touch them; what an interrupted run leaves is gone after a day.
module "transfer" {
  source = "./modules/bucket"

  name              = "${local.env.prefix}-transfer-${data.aws_caller_identity.this.account_id}"
  expire_after_days = 1
}
