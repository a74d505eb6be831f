mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  generated = { broker_password = "celery-x/broker-password" }
  supplied  = { gateway = "celery-x/gateway" }
  key_arn   = "arn:aws:kms:eu-west-1:123456789012:key/1"
}

run "a_deletion_of_what_a_person_supplied_can_be_undone" {
  command = plan

  module {
    source = "./modules/secrets"
  }

  assert {
    condition     = { for label, secret in aws_secretsmanager_secret.this : label => secret.recovery_window_in_days } == { broker_password = 0, gateway = 7 }
    error_message = "expected seven days for supplied secrets, and none for generated ones, whose names the next apply needs"
  }

  assert {
    condition     = alltrue([for secret in aws_secretsmanager_secret.this : secret.kms_key_id == "arn:aws:kms:eu-west-1:123456789012:key/1"])
    error_message = "expected the environment's key"
  }
}

run "a_generated_name_with_a_space" {
  command = plan

  module {
    source = "./modules/secrets"
  }

  variables {
    generated = { broker_password = "celery x" }
  }

  expect_failures = [var.generated]
}

run "a_supplied_name_with_a_space" {
  command = plan

  module {
    source = "./modules/secrets"
  }

  variables {
    supplied = { gateway = "celery x" }
  }

  expect_failures = [var.supplied]
}
