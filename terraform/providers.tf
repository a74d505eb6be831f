provider "aws" {
  region = local.env.region

  # run.py writes this tag, which says which version of its secret an ElastiCache user has.
  ignore_tags {
    keys = ["celery:password-version"]
  }

  default_tags {
    tags = local.env.tags
  }
}
