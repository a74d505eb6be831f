mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name           = "/celery/celery-x/hosts"
  retention_days = 30
  key_arn        = "arn:aws:kms:eu-west-1:123456789012:key/1"
}

run "is_encrypted_and_ends" {
  command = plan

  module {
    source = "./modules/host_logs"
  }

  assert {
    condition     = aws_cloudwatch_log_group.this.retention_in_days == 30 && aws_cloudwatch_log_group.this.kms_key_id == var.key_arn
    error_message = "expected a group with a retention and the environment's key"
  }
}

run "a_name_without_a_slash" {
  command = plan

  module {
    source = "./modules/host_logs"
  }

  variables {
    name = "celery-x-hosts"
  }

  expect_failures = [var.name]
}
