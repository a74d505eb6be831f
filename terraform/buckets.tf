data "aws_caller_identity" "this" {}

locals {
  # Bucket names are global; the account number makes them unique.
  bucket_names = { for label, name in local.env.buckets : label => "${name}-${data.aws_caller_identity.this.account_id}" }
}

module "buckets" {
  source   = "./modules/bucket"
  for_each = local.bucket_names

  name = each.value
}

# Files that Ansible transfers to a host over Session Manager. Whoever can write them becomes root on that host, so no role
# here has access. Files left behind by an interrupted run expire after a day.
module "transfer" {
  source = "./modules/bucket"

  name              = "${local.env.prefix}-transfer-${data.aws_caller_identity.this.account_id}"
  expire_after_days = 1
}
