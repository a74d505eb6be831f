mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  cluster          = "company"
  service_accounts = { "celery/worker-io" = "arn:aws:iam::123456789012:role/celery-x-worker-io" }
}

run "a_role_for_a_service_account" {
  command = plan

  module {
    source = "./modules/pod_identity"
  }

  assert {
    condition     = aws_eks_pod_identity_association.this["celery/worker-io"].namespace == "celery" && aws_eks_pod_identity_association.this["celery/worker-io"].service_account == "worker-io"
    error_message = "expected the service account to have its role"
  }

  assert {
    condition     = aws_eks_pod_identity_association.this["celery/worker-io"].cluster_name == "company"
    error_message = "expected the association in the given cluster"
  }
}

run "a_service_account_without_a_namespace" {
  command = plan

  module {
    source = "./modules/pod_identity"
  }

  variables {
    service_accounts = { worker-io = "arn:aws:iam::123456789012:role/celery-x-worker-io" }
  }

  expect_failures = [var.service_accounts]
}
