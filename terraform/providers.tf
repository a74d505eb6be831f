provider "aws" {
  region = local.env.region

  # Which version of its secret an ElastiCache user has is written by run.py, not by an apply.
  ignore_tags {
    keys = ["celery:password-version"]
  }

  default_tags {
    tags = local.env.tags
  }
}
