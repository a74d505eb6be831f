mock_provider "aws" {
  source = "./tests/mocks"
}

run "private_and_encrypted" {
  command = plan

  module {
    source = "./modules/bucket"
  }

  variables {
    name = "celery-x-uploads-123456789012"
  }

  assert {
    condition     = aws_s3_bucket_public_access_block.this.restrict_public_buckets && one(aws_s3_bucket_server_side_encryption_configuration.this.rule).apply_server_side_encryption_by_default[0].sse_algorithm == "AES256"
    error_message = "expected public access to be blocked, and encryption"
  }

  assert {
    condition     = [for rule in aws_s3_bucket_lifecycle_configuration.this.rule : rule.id] == ["unfinished-uploads"]
    error_message = "expected objects not to expire by default"
  }

  assert {
    condition     = !aws_s3_bucket.this.force_destroy
    error_message = "expected a bucket with objects to be kept"
  }
}

run "expiry_after_a_day" {
  command = plan

  module {
    source = "./modules/bucket"
  }

  variables {
    name              = "celery-x-transfer-123456789012"
    expire_after_days = 1
  }

  assert {
    condition     = one([for rule in aws_s3_bucket_lifecycle_configuration.this.rule : rule if rule.id == "expire"]).expiration[0].days == 1
    error_message = "expected objects to expire after a day"
  }

  assert {
    condition     = aws_s3_bucket.this.force_destroy
    error_message = "expected a bucket that keeps nothing to be no obstacle to a destroy"
  }
}

run "a_name_with_capitals" {
  command = plan

  module {
    source = "./modules/bucket"
  }

  variables {
    name = "Celery-Uploads"
  }

  expect_failures = [var.name]
}

run "expiry_after_half_a_day" {
  command = plan

  module {
    source = "./modules/bucket"
  }

  variables {
    name              = "celery-x-transfer-123456789012"
    expire_after_days = 0.5
  }

  expect_failures = [var.expire_after_days]
}
