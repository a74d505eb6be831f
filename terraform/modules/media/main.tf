resource "aws_s3_bucket" "this" {
  #checkov:skip=CKV_AWS_18:who read a picture is in CloudTrail, where an account wants to know
  #checkov:skip=CKV_AWS_21:thumbnails can be made again
  #checkov:skip=CKV_AWS_144:thumbnails can be made again
  #checkov:skip=CKV_AWS_145:encrypted with S3's key: nothing here is secret
  #checkov:skip=CKV2_AWS_62:nothing waits for pictures but the tasks that name them

  bucket = var.name
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
  bucket = aws_s3_bucket.this.id

  rule {
    id     = "unfinished-uploads"
    status = "Enabled"

    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }
}
