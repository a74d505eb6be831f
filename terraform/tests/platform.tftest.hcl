# What the smaller modules refuse.
mock_provider "aws" {
  source = "./tests/mocks"
}

run "eks_in_one_zone" {
  command = plan

  module {
    source = "./modules/eks"
  }

  variables {
    name       = "c"
    pools      = { io = { instance_type = "m7i.large", min = 1, max = 2 } }
    subnet_ids = { a = "subnet-a" }
  }

  expect_failures = [var.subnet_ids]
}

run "eks_pool_upside_down" {
  command = plan

  module {
    source = "./modules/eks"
  }

  variables {
    name       = "c"
    pools      = { io = { instance_type = "m7i.large", min = 3, max = 2 } }
    subnet_ids = { a = "subnet-a", b = "subnet-b" }
  }

  expect_failures = [var.pools]
}

run "discovery_under_aws" {
  command = plan

  module {
    source = "./modules/discovery"
  }

  variables {
    prefix = "/aws/celery"
    values = {}
  }

  expect_failures = [var.prefix]
}

run "a_bucket_in_capitals" {
  command = plan

  module {
    source = "./modules/media"
  }

  variables {
    name = "Celery-Media"
  }

  expect_failures = [var.name]
}
