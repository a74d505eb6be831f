mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name = "n"
  cidr = "10.40.0.0/16"
  nat  = "per_zone"
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
    error_message = "one in each zone"
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
    error_message = "one, which both private subnets use"
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

run "another_word_for_nat" {
  command = plan

  module {
    source = "./modules/network"
  }

  variables {
    nat = "none"
  }

  expect_failures = [var.nat]
}
