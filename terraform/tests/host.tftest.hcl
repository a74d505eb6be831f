mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name               = "n"
  image_id           = "ami-1"
  instance_profile   = "profile"
  tags               = { Role = "rabbitmq" }
  instance_type      = "m7g.large"
  subnet_id          = "subnet-a"
  private_ip         = "10.0.0.10"
  security_group_ids = ["sg-1"]
  volume_gib         = 20
}

run "a_machine" {
  command = plan

  module {
    source = "./modules/host"
  }

  assert {
    condition     = aws_instance.this.metadata_options[0].http_tokens == "required" && aws_instance.this.metadata_options[0].http_put_response_hop_limit == 1
    error_message = "expected IMDSv2 to be required"
  }

  assert {
    condition     = aws_instance.this.root_block_device[0].encrypted && aws_instance.this.root_block_device[0].volume_type == "gp3"
    error_message = "expected an encrypted gp3 volume"
  }
}

run "a_machine_without_a_group" {
  command = plan

  module {
    source = "./modules/host"
  }

  variables {
    security_group_ids = []
  }

  expect_failures = [var.security_group_ids]
}

run "a_volume_smaller_than_the_image" {
  command = plan

  module {
    source = "./modules/host"
  }

  variables {
    volume_gib = 4
  }

  expect_failures = [var.volume_gib]
}

run "an_instance_type_without_a_family" {
  command = plan

  module {
    source = "./modules/host"
  }

  variables {
    instance_type = "large"
  }

  expect_failures = [var.instance_type]
}
