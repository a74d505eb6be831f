mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name                     = "b"
  engine_version           = "4.2"
  instance_type            = "mq.m7g.large"
  deployment               = "cluster"
  consumer_timeout_seconds = 600
  user                     = "celery"
  vpc_id                   = "vpc-1"
  subnet_ids               = { a = "subnet-a", b = "subnet-b", c = "subnet-c" }
  clients                  = { hosts = { security_group_id = "sg-1" } }
}

run "a_cluster" {
  command = plan

  module {
    source = "./modules/amazon_mq"
  }

  assert {
    condition     = aws_mq_broker.this.deployment_mode == "CLUSTER_MULTI_AZ" && length(aws_mq_broker.this.subnet_ids) == 3 && !aws_mq_broker.this.publicly_accessible
    error_message = "expected three private nodes"
  }

  assert {
    condition     = length(aws_mq_configuration.this) == 0
    error_message = "expected no configuration, because ten minutes are below Amazon MQ's default consumer timeout"
  }
}

run "a_task_longer_than_half_an_hour" {
  command = plan

  module {
    source = "./modules/amazon_mq"
  }

  variables {
    consumer_timeout_seconds = 3600
  }

  assert {
    condition     = strcontains(aws_mq_configuration.this[0].data, "consumer_timeout = 3600000")
    error_message = "expected the consumer timeout in milliseconds in the configuration"
  }
}

run "version_3_13_on_m5" {
  command = plan

  module {
    source = "./modules/amazon_mq"
  }

  variables {
    engine_version = "3.13"
    instance_type  = "mq.m5.large"
    deployment     = "single"
  }

  assert {
    condition     = aws_mq_broker.this.deployment_mode == "SINGLE_INSTANCE" && length(aws_mq_broker.this.subnet_ids) == 1
    error_message = "expected one node in one zone"
  }
}

run "version_4_on_m5" {
  command = plan

  module {
    source = "./modules/amazon_mq"
  }

  variables {
    instance_type = "mq.m5.large"
  }

  expect_failures = [var.instance_type]
}

run "a_version_that_amazon_mq_does_not_offer" {
  command = plan

  module {
    source = "./modules/amazon_mq"
  }

  variables {
    engine_version = "4.0"
  }

  expect_failures = [var.engine_version]
}

run "a_cluster_in_two_zones" {
  command = plan

  module {
    source = "./modules/amazon_mq"
  }

  variables {
    subnet_ids = { a = "subnet-a", b = "subnet-b" }
  }

  expect_failures = [var.subnet_ids]
}

run "a_name_with_a_dot" {
  command = plan

  module {
    source = "./modules/amazon_mq"
  }

  variables {
    name = "celery.broker"
  }

  expect_failures = [var.name]
}

run "two_nodes" {
  command = plan

  module {
    source = "./modules/amazon_mq"
  }

  variables {
    deployment = "active_standby"
  }

  expect_failures = [var.deployment]
}

run "publishers_and_monitors" {
  command = plan

  module {
    source = "./modules/amazon_mq"
  }

  variables {
    clients    = {}
    publishers = { web = { security_group_id = "sg-web" } }
    monitors   = { office = { cidr = "192.0.2.0/24" } }
  }

  assert {
    condition     = { for name, rule in aws_vpc_security_group_ingress_rule.clients : name => rule.from_port } == { web-amqps = 5671, office-management = 443 }
    error_message = "expected AMQP for publishers and the management API for monitors"
  }
}

run "a_client_with_group_and_cidr" {
  command = plan

  module {
    source = "./modules/amazon_mq"
  }

  variables {
    clients = { web = { security_group_id = "sg-1", cidr = "10.0.0.0/8" } }
  }

  expect_failures = [var.clients]
}

run "a_publisher_with_group_and_cidr" {
  command = plan

  module {
    source = "./modules/amazon_mq"
  }

  variables {
    publishers = { web = { security_group_id = "sg-1", cidr = "10.0.0.0/8" } }
  }

  expect_failures = [var.publishers]
}

run "a_monitor_with_group_and_cidr" {
  command = plan

  module {
    source = "./modules/amazon_mq"
  }

  variables {
    monitors = { web = { security_group_id = "sg-1", cidr = "10.0.0.0/8" } }
  }

  expect_failures = [var.monitors]
}
