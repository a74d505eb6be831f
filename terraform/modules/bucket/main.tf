resource "aws_s3_bucket" "this" {
  #checkov:skip=CKV_AWS_18:accounts that need access logs get them from CloudTrail data events
  #checkov:skip=CKV_AWS_21:no task reads an earlier version of an object, and each version is billed like an object
  #checkov:skip=CKV_AWS_144:the environment is in a single region
  #checkov:skip=CKV_AWS_145:encrypted with S3's key; a customer managed key would have to allow every reader and so would keep nobody out
  #checkov:skip=CKV2_AWS_62:no consumer needs events; tasks name the objects that they read

  bucket        = var.name
  force_destroy = var.expire_after_days != null # all its objects expire, so a destroy loses nothing that was to be kept
}

resource "aws_s3_bucket_public_access_block" "this" {
  bucket = aws_s3_bucket.this.id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "this" {
  #checkov:skip=CKV_AWS_300:the first rule aborts incomplete uploads, which Checkov does not see beside a dynamic rule

  bucket = aws_s3_bucket.this.id

  rule {
    id     = "unfinished-uploads"
    status = "Enabled"

    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }

  dynamic "rule" {
    for_each = var.expire_after_days == null ? [] : [var.expire_after_days]

    content {
      id     = "expire"
      status = "Enabled"

      filter {}

      expiration {
        days = rule.value
      }
    }
  }
}
