mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name    = "celery-x/app"
  key_arn = "arn:aws:kms:eu-west-1:123456789012:key/1"
}

run "tags_do_not_move" {
  command = plan

  module {
    source = "./modules/registry"
  }

  assert {
    condition     = aws_ecr_repository.this.image_tag_mutability == "IMMUTABLE" && aws_ecr_repository.this.image_scanning_configuration[0].scan_on_push
    error_message = "immutable and scanned"
  }

  assert {
    condition     = aws_ecr_repository.this.encryption_configuration[0].encryption_type == "KMS"
    error_message = "encrypted with our key"
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

run "nothing_to_roll_back_to" {
  command = plan

  module {
    source = "./modules/registry"
  }

  variables {
    keep = 1
  }

  expect_failures = [var.keep]
}
