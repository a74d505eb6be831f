mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  log_folder = "/celery"
  name       = "celery-x-results"
  purpose    = "results"
  node_type  = "cache.m7g.large"
  replicas   = 2
  user       = { name = "celery", access = "on ~* &* +@all -@dangerous" }
  vpc_id     = "vpc-1"
  subnet_ids = { a = "subnet-a", b = "subnet-b" }
  clients    = { hosts = { security_group_id = "sg-1" }, office = { cidr = "192.0.2.0/24" } }
}

run "with_replicas" {
  command = plan

  module {
    source = "./modules/elasticache"
  }

  assert {
    condition     = aws_elasticache_replication_group.this.num_cache_clusters == 3 && aws_elasticache_replication_group.this.automatic_failover_enabled && aws_elasticache_replication_group.this.multi_az_enabled
    error_message = "expected a primary and two replicas with automatic failover"
  }

  assert {
    condition     = aws_elasticache_replication_group.this.snapshot_retention_limit == 7
    error_message = "expected snapshots to be kept for a week"
  }

  assert {
    condition     = one([for parameter in aws_elasticache_parameter_group.this.parameter : parameter.value if parameter.name == "maxmemory-policy"]) == "noeviction"
    error_message = "expected a full store to refuse writes instead of evicting keys"
  }

  assert {
    condition     = one(aws_elasticache_replication_group.this.log_delivery_configuration).log_type == "slow-log"
    error_message = "expected a slow log"
  }

  assert {
    condition     = length(aws_vpc_security_group_ingress_rule.clients) == 2
    error_message = "expected an ingress rule for each client"
  }
}

run "tls_with_users" {
  command = apply

  module {
    source = "./modules/elasticache"
  }

  assert {
    condition     = aws_elasticache_replication_group.this.transit_encryption_enabled && aws_elasticache_replication_group.this.at_rest_encryption_enabled
    error_message = "expected encryption in transit and at rest"
  }

  assert {
    condition     = aws_elasticache_user.default[0].access_string == "off -@all" && aws_elasticache_user.default[0].user_name == "default"
    error_message = "expected the default user to have no rights"
  }

  assert {
    condition     = aws_elasticache_user_group.this[0].user_ids == toset(["celery-x-results-app", "celery-x-results-off"])
    error_message = "expected both users in the group: without this default user, ElastiCache's own one without a password would be in it"
  }

  assert {
    condition     = startswith(output.url, "rediss://")
    error_message = "expected a URL with rediss"
  }
}

run "without_tls" {
  command = apply

  module {
    source = "./modules/elasticache"
  }

  variables {
    tls = false
  }

  assert {
    condition     = length(aws_elasticache_user.app) == 0 && output.user_id == null && startswith(output.url, "redis://")
    error_message = "expected no users without TLS"
  }
}

run "without_replicas" {
  command = plan

  module {
    source = "./modules/elasticache"
  }

  variables {
    replicas = 0
  }

  assert {
    condition     = !aws_elasticache_replication_group.this.automatic_failover_enabled && aws_elasticache_replication_group.this.snapshot_retention_limit == 0
    error_message = "expected neither failover nor snapshots with a single node"
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
    name = "a23456789-123456789-123456789-1234567"
  }

  expect_failures = [var.name]
}

run "the_app_as_default_user" {
  command = plan

  module {
    source = "./modules/elasticache"
  }

  variables {
    user = { name = "default", access = "on ~* +@all" }
  }

  expect_failures = [var.user]
}

run "a_client_with_group_and_cidr" {
  command = plan

  module {
    source = "./modules/elasticache"
  }

  variables {
    clients = { web = { security_group_id = "sg-1", cidr = "10.0.0.0/8" } }
  }

  expect_failures = [var.clients]
}
