mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name             = "n"
  images           = { amd64 = { id = "ami-1" } }
  vpc_id           = "vpc-1"
  subnet_ids       = { a = "subnet-a" }
  instance_profile = "profile"
  retention_gib    = 50
  hosts            = { n-monitoring-1 = { role = "monitoring", zone = "a", private_ip = "10.0.0.30", instance_type = "t3.small", architecture = "amd64" } }
}

run "one_host" {
  command = apply

  module {
    source = "./modules/monitoring_host"
  }

  assert {
    condition     = keys(output.instance_ids) == ["n-monitoring-1"]
    error_message = "expected one machine"
  }
}

run "two_hosts" {
  command = plan

  module {
    source = "./modules/monitoring_host"
  }

  variables {
    hosts = {
      one = { role = "monitoring", zone = "a", private_ip = "10.0.0.30", instance_type = "t3.small", architecture = "amd64" }
      two = { role = "monitoring", zone = "a", private_ip = "10.0.0.31", instance_type = "t3.small", architecture = "amd64" }
    }
  }

  expect_failures = [var.hosts]
}
