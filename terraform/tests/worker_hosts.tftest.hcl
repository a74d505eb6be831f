mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name              = "n"
  image_id          = "ami-1"
  vpc_id            = "vpc-1"
  subnet_ids        = { a = "subnet-a" }
  instance_profiles = { io = "profile-io", cpu = "profile-cpu" }
  hosts = {
    one = { role = "worker", zone = "a", private_ip = "10.0.0.40", instance_type = "m7i.large", pool = "io" }
    two = { role = "worker", zone = "a", private_ip = "10.0.0.41", instance_type = "c7i.large", pool = "cpu" }
  }
}

run "each_pool" {
  command = apply

  module {
    source = "./modules/worker_hosts"
  }

  assert {
    condition     = length(module.host) == 2
    error_message = "a machine for each host"
  }

  assert {
    condition     = aws_security_group.this.ingress == null || length(aws_security_group.this.ingress) == 0
    error_message = "nobody connects to a worker"
  }
}

run "one_address_twice" {
  command = plan

  module {
    source = "./modules/worker_hosts"
  }

  variables {
    hosts = {
      one = { role = "worker", zone = "a", private_ip = "10.0.0.40", instance_type = "m7i.large", pool = "io" }
      two = { role = "worker", zone = "a", private_ip = "10.0.0.40", instance_type = "m7i.large", pool = "io" }
    }
  }

  expect_failures = [var.hosts]
}
