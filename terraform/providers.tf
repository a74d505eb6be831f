provider "aws" {
  region = local.env.region

  default_tags {
    tags = local.env.tags
  }
}
