mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name     = "celery-x"
  issuer   = "token.actions.githubusercontent.com"
  subjects = { plan = "repo:acme/celery:pull_request", apply = "repo:acme/celery:environment:x" }

  discovery_prefix = "/celery/x"
}

run "two_roles_within_a_boundary" {
  command = plan

  module {
    source = "./modules/delivery"
  }

  assert {
    condition     = toset(keys(aws_iam_role.this)) == toset(["plan", "apply"]) && alltrue([for role in aws_iam_role.this : role.max_session_duration == 3600])
    error_message = "expected the roles plan and apply with sessions of an hour"
  }

  assert {
    condition     = endswith(aws_iam_role_policy_attachment.plan.policy_arn, "/ReadOnlyAccess")
    error_message = "expected ReadOnlyAccess on the role plan"
  }

  assert {
    condition     = alltrue([for document in [data.aws_iam_policy_document.plan, data.aws_iam_policy_document.apply] : !contains(document.statement[*].sid, "OfPoolsOnly")])
    error_message = "expected no statement without an action, which IAM rejects"
  }

  assert {
    condition     = one([for statement in data.aws_iam_policy_document.plan.statement : statement if statement.sid == "NoObjects"]).actions == toset(["s3:GetObject", "s3:GetObjectVersion"])
    error_message = "expected s3:GetObjectVersion to be denied, too: versionId=null works even in a bucket without versioning"
  }
}

run "nodes_of_auto_mode" {
  command = plan

  module {
    source = "./modules/delivery"
  }

  assert {
    condition     = one([for statement in data.aws_iam_policy_document.boundary.statement : statement if statement.sid == "ProfilesOfAutoMode"]).resources == toset(["arn:aws:iam::123456789012:instance-profile/eks*"])
    error_message = "expected the cluster's role to add the nodes' role to the instance profile that EKS makes"
  }
}

run "any_branch" {
  command = plan

  module {
    source = "./modules/delivery"
  }

  variables {
    subjects = { plan = "repo:acme/celery:*", apply = "repo:acme/celery:environment:x" }
  }

  expect_failures = [var.subjects]
}

run "a_third_role" {
  command = plan

  module {
    source = "./modules/delivery"
  }

  variables {
    subjects = { plan = "a", apply = "b", destroy = "c" }
  }

  expect_failures = [var.subjects]
}

run "an_issuer_with_a_scheme" {
  command = plan

  module {
    source = "./modules/delivery"
  }

  variables {
    issuer = "https://token.actions.githubusercontent.com"
  }

  expect_failures = [var.issuer]
}

run "with_an_existing_provider" {
  command = plan

  module {
    source = "./modules/delivery"
  }

  variables {
    existing_provider = true
  }

  assert {
    condition     = length(aws_iam_openid_connect_provider.this) == 0
    error_message = "expected no new provider, because an account can have only one for an issuer"
  }

  assert {
    condition     = length(aws_iam_role.this) == 2
    error_message = "expected the two roles with an existing provider, too"
  }
}

run "services_of_pools_only" {
  command = plan

  module {
    source = "./modules/delivery"
  }

  variables {
    extra_services = ["dynamodb", "s3"]
  }

  assert {
    condition     = contains(data.aws_iam_policy_document.boundary.statement[0].actions, "dynamodb:*")
    error_message = "expected the boundary to allow services of pools"
  }

  assert {
    condition = alltrue([for document in [data.aws_iam_policy_document.plan, data.aws_iam_policy_document.apply] :
      [for statement in document.statement : statement.actions if statement.effect == "Deny" && statement.sid == "OfPoolsOnly"] == [toset(["dynamodb:*"])]
    ])
    error_message = "expected the pipeline to have no access to services that only pools use"
  }
}

run "a_boundary_without_effect" {
  command = plan

  module {
    source = "./modules/delivery"
  }

  variables {
    extra_services = ["dynamodb", "iam"]
  }

  expect_failures = [var.extra_services]
}
