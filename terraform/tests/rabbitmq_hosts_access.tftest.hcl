mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name             = "celery-x"
  images           = { amd64 = { id = "ami-1" }, arm64 = { id = "ami-2" } }
  vpc_id           = "vpc-1"
  subnet_ids       = { a = "subnet-a", b = "subnet-b", c = "subnet-c" }
  instance_profile = "profile"
  clients          = { hosts = { security_group_id = "sg-1" }, eks = { security_group_id = "sg-2" } }
  hosts = {
    one   = { role = "rabbitmq", zone = "a", private_ip = "10.0.0.10", instance_type = "m7g.large", architecture = "arm64", volume_gib = 100 }
    two   = { role = "rabbitmq", zone = "b", private_ip = "10.0.1.10", instance_type = "m7g.large", architecture = "arm64", volume_gib = 100 }
    three = { role = "rabbitmq", zone = "c", private_ip = "10.0.2.10", instance_type = "m7g.large", architecture = "arm64", volume_gib = 100 }
  }
}

run "traffic_between_nodes" {
  command = plan

  module {
    source = "./modules/rabbitmq_hosts"
  }

  assert {
    condition     = { for name, rule in aws_vpc_security_group_ingress_rule.peers : name => rule.from_port } == { epmd = 4369, distribution = 25672, cli = 35672 }
    error_message = "expected rules between nodes"
  }

  assert {
    condition     = toset([for rule in aws_vpc_security_group_ingress_rule.clients : rule.from_port]) == toset([5672, 15692])
    error_message = "expected the management API to be closed without TLS"
  }
}

run "monitors" {
  command = plan

  module {
    source = "./modules/rabbitmq_hosts"
  }

  variables {
    tls      = true
    clients  = {}
    monitors = { monitoring = { security_group_id = "sg-monitoring" } }
  }

  assert {
    condition     = { for name, rule in aws_vpc_security_group_ingress_rule.clients : name => rule.from_port } == { monitoring-prometheus = 15692, monitoring-management = 15671 }
    error_message = "expected metrics and the management API to be open, but not AMQP"
  }
}

run "publishers" {
  command = plan

  module {
    source = "./modules/rabbitmq_hosts"
  }

  variables {
    tls           = true
    clients       = {}
    publishers    = { web = { security_group_id = "sg-web" }, "office-192.0.2.0/24" = { cidr = "192.0.2.0/24" } }
    load_balancer = { zone = "celery-x.internal", host = "rabbitmq.celery-x.internal" }
  }

  assert {
    condition     = { for name, rule in aws_vpc_security_group_ingress_rule.clients : name => rule.from_port } == { web-amqp = 5671, "office-192.0.2.0/24-amqp" = 5671 }
    error_message = "expected AMQP to be open, but neither metrics nor the management API"
  }

  assert {
    condition     = aws_vpc_security_group_ingress_rule.load_balancer["office-192.0.2.0/24"].cidr_ipv4 == "192.0.2.0/24" && aws_vpc_security_group_ingress_rule.load_balancer["web"].referenced_security_group_id == "sg-web"
    error_message = "expected access through the load balancer by security group or CIDR block"
  }
}

run "a_client_with_group_and_cidr" {
  command = plan

  module {
    source = "./modules/rabbitmq_hosts"
  }

  variables {
    clients = { web = { security_group_id = "sg-1", cidr = "10.0.0.0/8" } }
  }

  expect_failures = [var.clients]
}

run "a_publisher_with_group_and_cidr" {
  command = plan

  module {
    source = "./modules/rabbitmq_hosts"
  }

  variables {
    publishers = { web = { security_group_id = "sg-1", cidr = "10.0.0.0/8" } }
  }

  expect_failures = [var.publishers]
}

run "a_monitor_without_group_and_cidr" {
  command = plan

  module {
    source = "./modules/rabbitmq_hosts"
  }

  variables {
    monitors = { web = {} }
  }

  expect_failures = [var.monitors]
}
