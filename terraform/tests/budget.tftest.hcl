mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  name        = "celery-x"
  tags        = { Environment = "x", Project = "shop" }
  monthly_usd = 300
  topic_arn   = "arn:aws:sns:eu-west-1:123456789012:celery-x-alarms"
}

run "warns_before_it_is_spent" {
  command = plan

  module {
    source = "./modules/budget"
  }

  assert {
    condition     = toset([for warning in aws_budgets_budget.this.notification : warning.threshold]) == toset([50, 80, 100])
    error_message = "expected notifications at 50, 80 and 100 percent"
  }

  assert {
    condition     = one(aws_budgets_budget.this.cost_filter).values == tolist(["user:Environment$x", "user:Project$shop"])
    error_message = "expected a filter by the environment and the project, whose environments may have the same name"
  }
}

run "a_budget_of_the_whole_account" {
  command = plan

  module {
    source = "./modules/budget"
  }

  variables {
    tags = {}
  }

  expect_failures = [var.tags]
}

run "a_budget_of_zero" {
  command = plan

  module {
    source = "./modules/budget"
  }

  variables {
    monthly_usd = 0
  }

  expect_failures = [var.monthly_usd]
}
