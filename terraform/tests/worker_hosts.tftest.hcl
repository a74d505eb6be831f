mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name              = "n"
  images            = { amd64 = { id = "ami-amd64" }, arm64 = { id = "ami-arm64", user_data = "#!/bin/sh" } }
  vpc_id            = "vpc-1"
  subnet_ids        = { a = "subnet-a" }
  instance_profiles = { io = "profile-io", cpu = "profile-cpu" }
  metrics_ports     = [9540, 9541]
  egress = {
    io  = { broker = { cidr = "10.0.0.0/16", ports = [5671] }, aws = { cidr = "0.0.0.0/0", ports = [443] }, service-orders = { cidr = "10.9.0.7/32", ports = [5432] }, service-mail = { cidr = "0.0.0.0/0", ports = [443] } }
    cpu = { broker = { cidr = "10.0.0.0/16", ports = [5671] }, aws = { cidr = "0.0.0.0/0", ports = [443] } }
  }
  hosts = {
    one = { role = "worker", zone = "a", private_ip = "10.0.0.40", instance_type = "m7i.large", architecture = "amd64", pool = "io" }
    two = { role = "worker", zone = "a", private_ip = "10.0.0.41", instance_type = "c7g.large", architecture = "arm64", pool = "cpu" }
  }
}

run "each_pool" {
  command = apply

  module {
    source = "./modules/worker_hosts"
  }

  assert {
    condition     = length(module.host) == 2
    error_message = "expected a machine for each host"
  }

  assert {
    condition     = keys(output.security_group_ids) == ["cpu", "io"]
    error_message = "expected a security group for each pool"
  }

  assert {
    condition     = output.clients_security_group_id == aws_security_group.clients[0].id && !contains(values(output.security_group_ids), output.clients_security_group_id)
    error_message = "expected one more group, which all hosts have and which brokers and stores admit"
  }

  assert {
    condition     = length(aws_vpc_security_group_ingress_rule.scrapers) == 0
    error_message = "expected no ingress to workers"
  }
}

run "egress_of_a_pool" {
  command = plan

  module {
    source = "./modules/worker_hosts"
  }

  assert {
    condition     = { for name, rule in aws_vpc_security_group_egress_rule.this : name => rule.from_port if startswith(name, "io-") } == { "io-10.0.0.0/16-5671" = 5671, "io-10.9.0.7/32-5432" = 5432, "io-0.0.0.0/0-443" = 443, "io-0.0.0.0/0-80" = 80 }
    error_message = "expected egress to the broker, the pool's services, AWS and the Debian archive"
  }

  assert {
    condition     = aws_vpc_security_group_egress_rule.this["io-0.0.0.0/0-443"].description == "aws, service-mail"
    error_message = "expected one rule for a CIDR block and a port, because AWS rejects a second"
  }

  assert {
    condition     = !contains(keys(aws_vpc_security_group_egress_rule.this), "cpu-10.9.0.7/32-5432")
    error_message = "expected no egress to another pool's database"
  }

  assert {
    condition     = alltrue([for rule in aws_vpc_security_group_egress_rule.this : rule.ip_protocol == "tcp"])
    error_message = "expected no rule for all ports"
  }

  assert {
    condition     = length(aws_vpc_security_group_egress_rule.resolvers) == 0
    error_message = "expected no rule for Amazon's DNS, which needs none"
  }
}

run "other_dns_servers" {
  command = plan

  module {
    source = "./modules/worker_hosts"
  }

  variables {
    resolvers = ["10.9.0.53"]
  }

  assert {
    condition     = toset(keys(aws_vpc_security_group_egress_rule.resolvers)) == toset(["io-10.9.0.53-tcp", "io-10.9.0.53-udp", "cpu-10.9.0.53-tcp", "cpu-10.9.0.53-udp"]) && alltrue([for rule in aws_vpc_security_group_egress_rule.resolvers : rule.cidr_ipv4 == "10.9.0.53/32" && rule.from_port == 53])
    error_message = "expected rules for UDP and TCP in every pool"
  }
}

run "a_resolver_given_by_name" {
  command = plan

  module {
    source = "./modules/worker_hosts"
  }

  variables {
    resolvers = ["dns.example.com"]
  }

  expect_failures = [var.resolvers]
}

run "scrapers" {
  command = plan

  module {
    source = "./modules/worker_hosts"
  }

  variables {
    scrapers = { monitoring = { security_group_id = "sg-monitoring" }, office = { cidr = "192.0.2.0/24" } }
  }

  assert {
    condition     = toset(keys(aws_vpc_security_group_ingress_rule.scrapers)) == toset(["io-monitoring", "io-office", "cpu-monitoring", "cpu-office"]) && alltrue([for rule in aws_vpc_security_group_ingress_rule.scrapers : rule.from_port == 9540 && rule.to_port == 9541])
    error_message = "expected the ports of all workers of a host to be open in every pool"
  }
}

run "two_hosts_with_one_address" {
  command = plan

  module {
    source = "./modules/worker_hosts"
  }

  variables {
    hosts = {
      one = { role = "worker", zone = "a", private_ip = "10.0.0.40", instance_type = "m7i.large", architecture = "amd64", pool = "io" }
      two = { role = "worker", zone = "a", private_ip = "10.0.0.40", instance_type = "m7i.large", architecture = "amd64", pool = "io" }
    }
  }

  expect_failures = [var.hosts]
}

run "no_hosts" {
  command = plan

  module {
    source = "./modules/worker_hosts"
  }

  variables {
    hosts  = {}
    egress = {}
  }

  assert {
    condition     = output.clients_security_group_id == null && length(aws_security_group.clients) == 0
    error_message = "expected no group without hosts"
  }
}

run "a_pool_without_egress" {
  command = plan

  module {
    source = "./modules/worker_hosts"
  }

  variables {
    egress = { io = { aws = { cidr = "0.0.0.0/0", ports = [443] } } }
  }

  expect_failures = [var.egress]
}

run "egress_to_a_host_name" {
  command = plan

  module {
    source = "./modules/worker_hosts"
  }

  variables {
    egress = { io = { mail = { cidr = "mail.example.com", ports = [587] } }, cpu = {} }
  }

  expect_failures = [var.egress]
}

run "a_scraper_with_group_and_cidr" {
  command = plan

  module {
    source = "./modules/worker_hosts"
  }

  variables {
    scrapers = { web = { security_group_id = "sg-1", cidr = "10.0.0.0/8" } }
  }

  expect_failures = [var.scrapers]
}

run "metrics_ports_with_a_gap" {
  command = plan

  module {
    source = "./modules/worker_hosts"
  }

  variables {
    metrics_ports = [9540, 9600]
  }

  expect_failures = [var.metrics_ports]
}
