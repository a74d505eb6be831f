mock_provider "aws" {}

variables {
  name             = "n"
  image_id         = "ami-1"
  vpc_id           = "vpc-1"
  subnet_ids       = { a = "subnet-a" }
  instance_profile = "profile"
  clients          = { hosts = "sg-1" }
}

run "a_node" {
  command = plan

  module {
    source = "./modules/host"
  }

  variables {
    tags              = { Role = "rabbitmq" }
    instance_type     = "m7g.large"
    subnet_id         = "subnet-a"
    private_ip        = "10.0.0.10"
    security_group_id = "sg-1"
    volume_gib        = 100
  }

  assert {
    condition     = aws_instance.this.metadata_options[0].http_tokens == "required" && aws_instance.this.metadata_options[0].http_put_response_hop_limit == 1
    error_message = "IMDSv2 only"
  }

  assert {
    condition     = aws_instance.this.root_block_device[0].encrypted && aws_instance.this.root_block_device[0].volume_type == "gp3"
    error_message = "an encrypted gp3 volume"
  }
}

run "a_volume_smaller_than_the_image" {
  command = plan

  module {
    source = "./modules/host"
  }

  variables {
    tags              = { Role = "rabbitmq" }
    instance_type     = "m7g.large"
    subnet_id         = "subnet-a"
    private_ip        = "10.0.0.10"
    security_group_id = "sg-1"
    volume_gib        = 4
  }

  expect_failures = [var.volume_gib]
}

run "two_rabbitmq_nodes" {
  command = plan

  module {
    source = "./modules/rabbitmq_hosts"
  }

  variables {
    hosts = {
      one = { role = "rabbitmq", zone = "a", private_ip = "10.0.0.10", instance_type = "m7g.large", volume_gib = 20 }
      two = { role = "rabbitmq", zone = "a", private_ip = "10.0.0.11", instance_type = "m7g.large", volume_gib = 20 }
    }
  }

  expect_failures = [var.hosts]
}

run "one_address_twice" {
  command = plan

  module {
    source = "./modules/worker_hosts"
  }

  variables {
    instance_profiles = { io = "profile" }
    hosts = {
      one = { role = "worker", zone = "a", private_ip = "10.0.0.40", instance_type = "m7i.large", pool = "io" }
      two = { role = "worker", zone = "a", private_ip = "10.0.0.40", instance_type = "m7i.large", pool = "io" }
    }
  }

  expect_failures = [var.hosts]
}
