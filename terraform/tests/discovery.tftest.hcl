mock_provider "aws" {
  source = "./tests/mocks"
}

run "under_one_prefix" {
  command = plan

  module {
    source = "./modules/discovery"
  }

  variables {
    prefix = "/celery/x"
    values = { broker_url = "sqs://" }
  }

  assert {
    condition     = aws_ssm_parameter.this["broker_url"].name == "/celery/x/broker_url"
    error_message = "expected a parameter for each value below the prefix"
  }
}

run "under_aws" {
  command = plan

  module {
    source = "./modules/discovery"
  }

  variables {
    prefix = "/aws/celery"
    values = {}
  }

  expect_failures = [var.prefix]
}

run "a_value_that_ansible_writes" {
  command = plan

  module {
    source = "./modules/discovery"
  }

  variables {
    prefix = "/celery/x"
    values = {}
    placed = ["broker_ca_certificate"]
  }

  assert {
    condition     = aws_ssm_parameter.placed["broker_ca_certificate"].name == "/celery/x/broker_ca_certificate"
    error_message = "expected Terraform to create the parameter that Ansible writes"
  }
}
