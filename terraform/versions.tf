terraform {
  required_version = ">= 1.11" # for write-only arguments and for state locking in S3

  # run.py passes bucket, key and region, which it derives from the environment's name and account.
  backend "s3" {
    use_lockfile = true
    encrypt      = true
  }

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 7"
    }
  }
}
