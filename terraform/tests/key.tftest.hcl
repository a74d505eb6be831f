mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name               = "celery-x"
  log_group_prefixes = ["/celery/celery-x"]
}

run "rotates" {
  command = plan

  module {
    source = "./modules/key"
  }

  assert {
    condition     = aws_kms_key.this.enable_key_rotation && aws_kms_key.this.deletion_window_in_days == 7
    error_message = "expected yearly rotation and a waiting period before deletion"
  }
}

run "an_alias_of_aws" {
  command = plan

  module {
    source = "./modules/key"
  }

  variables {
    name = "aws/celery"
  }

  expect_failures = [var.name]
}
