data "aws_caller_identity" "this" {}

module "media" {
  source = "./modules/media"

  # The account's number makes the name unique in the world.
  name = "${local.env.prefix}-media-${data.aws_caller_identity.this.account_id}"
}
