terraform {
  required_version = ">= 1.11" # write-only arguments, and a lock kept in S3 itself

  # Bucket, key and region come from run.py, which derives them from the environment's name and account.
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
