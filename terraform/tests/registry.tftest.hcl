mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name    = "celery-x/app"
  key_arn = "arn:aws:kms:eu-west-1:123456789012:key/1"
}

run "immutable_tags" {
  command = plan

  module {
    source = "./modules/registry"
  }

  assert {
    condition     = aws_ecr_repository.this.image_tag_mutability == "IMMUTABLE" && aws_ecr_repository.this.image_scanning_configuration[0].scan_on_push
    error_message = "expected immutable tags and scans on push"
  }

  assert {
    condition     = aws_ecr_repository.this.encryption_configuration[0].encryption_type == "KMS"
    error_message = "expected encryption with the environment's key"
  }
}

run "a_name_in_capitals" {
  command = plan

  module {
    source = "./modules/registry"
  }

  variables {
    name = "Celery"
  }

  expect_failures = [var.name]
}

run "no_image_to_roll_back_to" {
  command = plan

  module {
    source = "./modules/registry"
  }

  variables {
    keep = 1
  }

  expect_failures = [var.keep]
}
