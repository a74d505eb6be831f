mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name             = "celery-x"
  queues           = { email = ["celery-x-email"], email-dlq = ["celery-x-email-dlq"], "*" = ["celery-x-*l"], "*-dlq" = ["celery-x-*-dlq"] }
  secrets          = { broker_password = "celery-x/broker-password" }
  key_arn          = "arn:aws:kms:eu-west-1:123456789012:key/1"
  cluster          = "celery-x"
  discovery_prefix = "/celery/x"
  buckets          = { uploads = "celery-x-uploads-123456789012" }
  workloads = {
    worker-io    = { on = "pods", service_account = "celery/worker-io", secrets = ["broker_password"], receives = [], sends = ["*"], measures = ["*"], drains = [["email"]], discovers = true, buckets = { uploads = ["read", "write"] } }
    worker-cpu   = { on = "hosts", service_account = "", secrets = [], receives = [], sends = ["email"], measures = [], discovers = true }
    dead-letters = { on = "people", service_account = "", secrets = [], receives = ["*-dlq"], sends = ["email"], measures = [], discovers = true }
  }
}

run "statements_of_a_pool" {
  command = plan

  module {
    source = "./modules/identity"
  }

  variables {
    workloads = { worker = { on = "hosts", service_account = "", secrets = [], receives = [], sends = [], measures = [], discovers = true, statements = [{ actions = ["dynamodb:GetItem"], resources = ["arn:aws:dynamodb:eu-west-1:123456789012:table/orders"] }] } }
  }

  assert {
    condition     = aws_iam_role_policy.own["worker"].name == "own" && length(aws_iam_role_policy.own) == 1
    error_message = "expected a separate policy with the pool's statements"
  }
}

run "no_statements" {
  command = plan

  module {
    source = "./modules/identity"
  }

  assert {
    condition     = length(aws_iam_role_policy.own) == 0
    error_message = "expected no policy without statements"
  }
}

run "an_unknown_bucket" {
  command = plan

  module {
    source = "./modules/identity"
  }

  variables {
    workloads = { worker = { on = "hosts", service_account = "", secrets = [], receives = [], sends = [], measures = [], discovers = true, buckets = { invoices = ["read"] } } }
  }

  expect_failures = [var.workloads]
}

run "a_statement_about_iam" {
  command = plan

  module {
    source = "./modules/identity"
  }

  variables {
    workloads = { worker = { on = "hosts", service_account = "", secrets = [], receives = [], sends = [], measures = [], discovers = true, statements = [{ actions = ["iam:PassRole"], resources = ["arn:aws:iam::123456789012:role/any"] }] } }
  }

  expect_failures = [var.workloads]
}

run "everything_of_a_service" {
  command = plan

  module {
    source = "./modules/identity"
  }

  variables {
    workloads = { worker = { on = "hosts", service_account = "", secrets = [], receives = [], sends = [], measures = [], discovers = true, statements = [{ actions = ["dynamodb:*"], resources = ["*"] }] } }
  }

  expect_failures = [var.workloads]
}
