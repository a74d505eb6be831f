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

run "data_apart_from_the_machine" {
  command = plan

  module {
    source = "./modules/rabbitmq_hosts"
  }

  assert {
    condition     = length(aws_volume_attachment.data) == 3 && alltrue([for name, volume in aws_ebs_volume.data : volume.encrypted && volume.type == "gp3" && volume.size == 100])
    error_message = "expected an encrypted data volume for each node"
  }

  assert {
    condition     = toset([for volume in aws_ebs_volume.data : volume.availability_zone]) == toset(["a", "b", "c"])
    error_message = "expected a data volume in the zone of each node"
  }
}

run "each_node_by_address" {
  command = plan

  module {
    source = "./modules/rabbitmq_hosts"
  }

  assert {
    condition     = output.url == "amqp://10.0.0.10:5672;amqp://10.0.2.10:5672;amqp://10.0.1.10:5672"
    error_message = "expected the URLs of all nodes"
  }

  assert {
    condition     = length(aws_lb.this) == 0
    error_message = "expected no load balancer"
  }
}

run "one_name_over_tls" {
  command = plan

  module {
    source = "./modules/rabbitmq_hosts"
  }

  variables {
    tls           = true
    load_balancer = { zone = "celery-x.internal", host = "rabbitmq.celery-x.internal" }
  }

  assert {
    condition     = output.url == "amqps://rabbitmq.celery-x.internal:5671"
    error_message = "expected a single URL"
  }

  assert {
    condition     = aws_lb.this[0].internal && aws_lb.this[0].enable_cross_zone_load_balancing
    error_message = "expected an internal load balancer over all zones"
  }

  assert {
    condition     = length(aws_lb_target_group_attachment.this) == 3
    error_message = "expected every node in the target group"
  }

  assert {
    condition     = toset([for rule in aws_vpc_security_group_ingress_rule.clients : rule.from_port]) == toset([5671, 15671, 15692])
    error_message = "expected the ports of AMQP and the management API over TLS, and of metrics"
  }
}

run "an_autoscaler_asks_the_management_api_by_name" {
  command = plan

  module {
    source = "./modules/rabbitmq_hosts"
  }

  variables {
    tls           = true
    load_balancer = { zone = "celery-x.internal", host = "rabbitmq.celery-x.internal" }
    scalers       = { eks = { security_group_id = "sg-2" } }
  }

  assert {
    condition     = { for listener in concat(aws_lb_listener.this, aws_lb_listener.management) : listener.port => listener.protocol } == { "5671" = "TCP", "15671" = "TCP" } && length(aws_lb_target_group_attachment.management) == 3
    error_message = "expected listeners for AMQP and the management API, with every node behind them"
  }

  assert {
    condition     = { for name, rule in aws_vpc_security_group_ingress_rule.load_balancer_management : name => [rule.referenced_security_group_id, rule.from_port] } == { eks = ["sg-2", 15671] }
    error_message = "expected the management API to be open to the autoscaler only"
  }

  assert {
    condition     = aws_vpc_security_group_ingress_rule.from_load_balancer_management[0].from_port == 15671 && aws_vpc_security_group_egress_rule.load_balancer_management[0].to_port == 15671
    error_message = "expected the load balancer to reach the nodes' management API"
  }
}

run "no_autoscaler_no_listener" {
  command = plan

  module {
    source = "./modules/rabbitmq_hosts"
  }

  variables {
    tls           = true
    load_balancer = { zone = "celery-x.internal", host = "rabbitmq.celery-x.internal" }
  }

  assert {
    condition     = length(aws_lb_listener.management) == 0 && length(aws_vpc_security_group_ingress_rule.from_load_balancer_management) == 0
    error_message = "expected AMQP alone behind the load balancer"
  }
}

run "an_autoscaler_without_tls" {
  command = plan

  module {
    source = "./modules/rabbitmq_hosts"
  }

  variables {
    scalers = { eks = { security_group_id = "sg-2" } }
  }

  expect_failures = [var.scalers]
}

run "two_nodes" {
  command = plan

  module {
    source = "./modules/rabbitmq_hosts"
  }

  variables {
    hosts = {
      one = { role = "rabbitmq", zone = "a", private_ip = "10.0.0.10", instance_type = "m7g.large", architecture = "arm64", volume_gib = 20 }
      two = { role = "rabbitmq", zone = "a", private_ip = "10.0.0.11", instance_type = "m7g.large", architecture = "arm64", volume_gib = 20 }
    }
  }

  expect_failures = [var.hosts]
}

run "a_volume_of_zero" {
  command = plan

  module {
    source = "./modules/rabbitmq_hosts"
  }

  variables {
    hosts = { one = { role = "rabbitmq", zone = "a", private_ip = "10.0.0.10", instance_type = "m7g.large", architecture = "arm64", volume_gib = 0 } }
  }

  expect_failures = [var.hosts]
}

run "a_name_outside_its_zone" {
  command = plan

  module {
    source = "./modules/rabbitmq_hosts"
  }

  variables {
    load_balancer = { zone = "celery-x.internal", host = "rabbitmq.example.com" }
  }

  expect_failures = [var.load_balancer]
}

run "a_name_too_long" {
  command = plan

  module {
    source = "./modules/rabbitmq_hosts"
  }

  variables {
    name = "celery-23456789-123456789-12345"
  }

  expect_failures = [var.name]
}

run "in_an_existing_zone" {
  command = plan

  module {
    source = "./modules/rabbitmq_hosts"
  }

  variables {
    load_balancer = { zone = "internal.example.com", zone_id = "Z0123456789", host = "celery-x-rabbitmq.internal.example.com" }
  }

  assert {
    condition     = length(aws_route53_zone.this) == 0
    error_message = "expected no new zone"
  }

  assert {
    condition     = aws_route53_record.this[0].zone_id == "Z0123456789" && aws_route53_record.this[0].name == "celery-x-rabbitmq.internal.example.com"
    error_message = "expected a record in the existing zone"
  }
}
