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
    console      = { on = "hosts", service_account = "", secrets = [], receives = [], looks = ["*-dlq"], sends = [], measures = [], discovers = true }
  }
}

run "a_role_for_each_workload" {
  command = apply

  module {
    source = "./modules/identity"
  }

  assert {
    condition     = toset(keys(aws_iam_role.this)) == toset(["worker-io", "worker-cpu", "dead-letters", "console"])
    error_message = "expected a role for each workload"
  }

  assert {
    condition     = keys(output.instance_profiles) == ["console", "worker-cpu"] && keys(output.pod_roles) == ["celery/worker-io"]
    error_message = "expected instance profiles for hosts and service accounts for pods"
  }

  assert {
    condition     = alltrue([for role in aws_iam_role.this : role.permissions_boundary == null])
    error_message = "expected no permissions boundary by default"
  }
}

run "within_a_boundary" {
  command = plan

  module {
    source = "./modules/identity"
  }

  variables {
    permissions_boundary = "arn:aws:iam::123456789012:policy/celery-x-boundary"
  }

  assert {
    condition     = alltrue([for role in aws_iam_role.this : role.permissions_boundary == "arn:aws:iam::123456789012:policy/celery-x-boundary"])
    error_message = "expected a permissions boundary on every role"
  }
}

run "more_queues_than_a_policy_can_list" {
  command = plan

  module {
    source = "./modules/identity"
  }

  variables {
    queues    = merge([for label in ["a", "b", "c"] : { (label) = ["celery-x-${label}"], "${label}-dlq" = ["celery-x-${label}-dlq"] }]...)
    workloads = { worker = { on = "hosts", service_account = "", secrets = [], receives = [], sends = [], measures = [], drains = [["a"], ["b"], ["c"]], discovers = false } }
  }

  assert {
    condition     = join(" ", sort([for policy in aws_iam_policy.queues : policy.name])) == "celery-x-worker-queues-1 celery-x-worker-queues-2"
    error_message = "expected a managed policy for each part of the queues after the first"
  }

  assert {
    condition     = join(" ", flatten([for statement in data.aws_iam_policy_document.queues["worker-queues-1"].statement : statement.resources])) == "arn:aws:sqs:eu-west-1:123456789012:celery-x-b arn:aws:sqs:eu-west-1:123456789012:celery-x-b-dlq"
    error_message = "expected the queues of the part and their dead letter queues"
  }
}

run "more_queues_than_a_role_can_have" {
  command = plan

  module {
    source = "./modules/identity"
  }

  variables {
    workloads = { worker = { on = "hosts", service_account = "", secrets = [], receives = [], sends = [], measures = [], drains = [for number in range(11) : ["email"]], discovers = false } }
  }

  expect_failures = [var.workloads]
}

run "an_unknown_queue" {
  command = plan

  module {
    source = "./modules/identity"
  }

  variables {
    workloads = { worker = { on = "hosts", service_account = "", secrets = [], receives = ["payments"], sends = [], measures = [], discovers = true } }
  }

  expect_failures = [var.workloads]
}

run "an_unknown_secret" {
  command = plan

  module {
    source = "./modules/identity"
  }

  variables {
    workloads = { worker = { on = "hosts", service_account = "", secrets = ["erlang_cookie"], receives = [], sends = [], measures = [], discovers = true } }
  }

  expect_failures = [var.workloads]
}

run "a_role_for_lambda" {
  command = plan

  module {
    source = "./modules/identity"
  }

  variables {
    workloads = { worker = { on = "lambda", service_account = "", secrets = [], receives = [], sends = [], measures = [], discovers = true } }
  }

  expect_failures = [var.workloads]
}

run "a_role_name_too_long" {
  command = plan

  module {
    source = "./modules/identity"
  }

  variables {
    workloads = { "worker-${join("", [for n in range(60) : "x"])}" = { on = "hosts", service_account = "", secrets = [], receives = [], sends = [], measures = [], discovers = true } }
  }

  expect_failures = [var.workloads]
}

run "a_pod_without_a_service_account" {
  command = plan

  module {
    source = "./modules/identity"
  }

  variables {
    workloads = { worker = { on = "pods", service_account = "", secrets = [], receives = [], sends = [], measures = [], discovers = true } }
  }

  expect_failures = [var.workloads]
}

run "a_workload_that_needs_nothing" {
  command = plan

  module {
    source = "./modules/identity"
  }

  variables {
    workloads = { rabbitmq = { on = "hosts", service_account = "", secrets = [], receives = [], sends = [], measures = [], discovers = false } }
  }

  assert {
    condition     = length(aws_iam_role.this) == 1 && length(aws_iam_role_policy.this) == 0
    error_message = "expected a role without a policy, because IAM rejects a policy without statements"
  }
}
