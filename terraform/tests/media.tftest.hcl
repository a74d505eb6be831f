mock_provider "aws" {
  source = "./tests/mocks"
}

run "is_private" {
  command = plan

  module {
    source = "./modules/media"
  }

  variables {
    name = "celery-x-media"
  }

  assert {
    condition     = aws_s3_bucket_public_access_block.this.restrict_public_buckets && aws_s3_bucket_public_access_block.this.block_public_policy
    error_message = "never public"
  }
}

run "a_bucket_in_capitals" {
  command = plan

  module {
    source = "./modules/media"
  }

  variables {
    name = "Celery-Media"
  }

  expect_failures = [var.name]
}
