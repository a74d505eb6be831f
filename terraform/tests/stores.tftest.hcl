mock_provider "aws" {}

variables {
  name       = "celery-x-results"
  purpose    = "results"
  node_type  = "cache.m7g.large"
  replicas   = 2
  vpc_id     = "vpc-1"
  subnet_ids = { a = "subnet-a", b = "subnet-b" }
  clients    = { hosts = "sg-1", eks = "sg-2" }
}

run "with_replicas" {
  command = plan

  module {
    source = "./modules/elasticache"
  }

  assert {
    condition     = aws_elasticache_replication_group.this.num_cache_clusters == 3 && aws_elasticache_replication_group.this.automatic_failover_enabled && aws_elasticache_replication_group.this.multi_az_enabled
    error_message = "a primary and two replicas that take over"
  }

  assert {
    condition     = one([for parameter in aws_elasticache_parameter_group.this.parameter : parameter.value if parameter.name == "maxmemory-policy"]) == "noeviction"
    error_message = "a full store refuses, it does not forget"
  }

  assert {
    condition     = length(aws_vpc_security_group_ingress_rule.clients) == 2
    error_message = "each client is let in by name"
  }
}

run "too_many_replicas" {
  command = plan

  module {
    source = "./modules/elasticache"
  }

  variables {
    replicas = 6
  }

  expect_failures = [var.replicas]
}

run "not_a_cache_node" {
  command = plan

  module {
    source = "./modules/elasticache"
  }

  variables {
    node_type = "m7g.large"
  }

  expect_failures = [var.node_type]
}

run "a_name_too_long" {
  command = plan

  module {
    source = "./modules/elasticache"
  }

  variables {
    name = "a23456789-123456789-123456789-123456789-x"
  }

  expect_failures = [var.name]
}
