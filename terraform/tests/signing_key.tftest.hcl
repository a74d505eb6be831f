mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name = "celery-x-releases"
}

run "signs_and_does_nothing_else" {
  command = plan

  module {
    source = "./modules/signing_key"
  }

  assert {
    condition     = aws_kms_key.this.key_usage == "SIGN_VERIFY" && aws_kms_key.this.customer_master_key_spec == "ECC_NIST_P256"
    error_message = "expected a key for signatures, with the algorithm that records name"
  }

  assert {
    condition     = aws_kms_alias.this.name == "alias/celery-x-releases"
    error_message = "expected the alias by which those who verify find the key"
  }
}

run "an_alias_of_aws" {
  command = plan

  module {
    source = "./modules/signing_key"
  }

  variables {
    name = "aws/celery"
  }

  expect_failures = [var.name]
}
