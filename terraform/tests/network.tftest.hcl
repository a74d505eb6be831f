mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  log_folder = "/celery"
  name       = "n"
  cidr       = "10.40.0.0/16"
  nat        = "per_zone"
  zones = {
    eu-west-1a = { public_cidr = "10.40.0.0/20", private_cidr = "10.40.128.0/20" }
    eu-west-1b = { public_cidr = "10.40.16.0/20", private_cidr = "10.40.144.0/20" }
  }
}

run "nat_per_zone" {
  command = plan

  module {
    source = "./modules/network"
  }

  assert {
    condition     = length(aws_nat_gateway.this) == 2
    error_message = "expected a NAT gateway in each zone"
  }
}

run "nat_single" {
  command = plan

  module {
    source = "./modules/network"
  }

  variables {
    nat = "single"
  }

  assert {
    condition     = length(aws_nat_gateway.this) == 1 && length(aws_route.nat) == 2
    error_message = "expected one NAT gateway for both private subnets"
  }
}

run "a_network_too_small" {
  command = plan

  module {
    source = "./modules/network"
  }

  variables {
    cidr = "10.40.0.0/24"
  }

  expect_failures = [var.cidr]
}

run "one_zone" {
  command = plan

  module {
    source = "./modules/network"
  }

  variables {
    zones = { eu-west-1a = { public_cidr = "10.40.0.0/20", private_cidr = "10.40.128.0/20" } }
  }

  expect_failures = [var.zones]
}

run "unknown_nat" {
  command = plan

  module {
    source = "./modules/network"
  }

  variables {
    nat = "none"
  }

  expect_failures = [var.nat]
}

run "endpoints_by_choice" {
  command = plan

  module {
    source = "./modules/network"
  }

  variables {
    endpoints = ["sqs", "ecr.api"]
  }

  assert {
    condition     = toset(keys(aws_vpc_endpoint.interface)) == toset(["sqs", "ecr.api"]) && alltrue([for endpoint in aws_vpc_endpoint.interface : endpoint.private_dns_enabled])
    error_message = "expected private DNS, so that callers need no change"
  }

  assert {
    condition     = aws_vpc_security_group_ingress_rule.endpoints[0].cidr_ipv4 == "10.40.0.0/16" && aws_vpc_security_group_ingress_rule.endpoints[0].from_port == 443
    error_message = "expected ingress from the VPC on 443"
  }
}

run "flow_logs" {
  command = plan

  module {
    source = "./modules/network"
  }

  variables {
    flow_logs = true
  }

  assert {
    condition     = aws_flow_log.this[0].traffic_type == "ALL" && length(aws_iam_role.flow) == 1
    error_message = "expected flow logs of all traffic"
  }

  assert {
    condition     = length(aws_vpc_endpoint.interface) == 0
    error_message = "expected no interface endpoints by default"
  }
}

run "default_group_without_rules" {
  command = apply

  module {
    source = "./modules/network"
  }

  assert {
    condition     = length(aws_default_security_group.this.ingress) == 0 && length(aws_default_security_group.this.egress) == 0
    error_message = "expected no rules in the default security group"
  }
}

run "an_interface_endpoint_for_s3" {
  command = plan

  module {
    source = "./modules/network"
  }

  variables {
    endpoints = ["s3"]
  }

  expect_failures = [var.endpoints]
}
