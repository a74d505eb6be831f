mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name             = "n"
  image_id         = "ami-1"
  vpc_id           = "vpc-1"
  subnet_ids       = { a = "subnet-a" }
  instance_profile = "profile"
  retention_gib    = 50
  targets          = { workers = { security_group_id = "sg-workers", port = 9540 } }
  hosts            = { n-monitoring-1 = { role = "monitoring", zone = "a", private_ip = "10.0.0.30", instance_type = "t3.small" } }
}

run "one_host" {
  command = apply

  module {
    source = "./modules/monitoring_host"
  }

  assert {
    condition     = keys(output.instance_ids) == ["n-monitoring-1"]
    error_message = "the one that was asked for"
  }

  assert {
    condition     = aws_vpc_security_group_ingress_rule.targets["workers"].security_group_id == "sg-workers"
    error_message = "the rule stands in the group of who is scraped"
  }

  assert {
    condition     = aws_vpc_security_group_ingress_rule.targets["workers"].referenced_security_group_id == aws_security_group.this.id
    error_message = "and lets in the monitoring host alone"
  }

  assert {
    condition     = aws_vpc_security_group_ingress_rule.targets["workers"].from_port == 9540 && aws_vpc_security_group_ingress_rule.targets["workers"].to_port == 9540
    error_message = "on the port of the metrics"
  }
}

run "two_hosts" {
  command = plan

  module {
    source = "./modules/monitoring_host"
  }

  variables {
    hosts = {
      one = { role = "monitoring", zone = "a", private_ip = "10.0.0.30", instance_type = "t3.small" }
      two = { role = "monitoring", zone = "a", private_ip = "10.0.0.31", instance_type = "t3.small" }
    }
  }

  expect_failures = [var.hosts]
}
