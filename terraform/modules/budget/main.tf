locals {
  # Percent of the limit, and whether that is actual or forecast spending.
  warnings = {
    half     = { percent = 50, kind = "ACTUAL" }
    most     = { percent = 80, kind = "ACTUAL" }
    foreseen = { percent = 100, kind = "FORECASTED" }
  }
}

# Counts costs with these tags, once each is activated as a cost allocation tag in the billing console. No document says whether
# AWS joins values of different keys by "and", and no account confirmed it: the first bill does (`filter_expression`, which says it
# in so many words, needs provider 6.46).
resource "aws_budgets_budget" "this" {
  name         = var.name
  budget_type  = "COST"
  limit_amount = tostring(var.monthly_usd)
  limit_unit   = "USD"
  time_unit    = "MONTHLY"

  cost_filter {
    name   = "TagKeyValue"
    values = [for key, value in var.tags : format("user:%s$%s", key, value)]
  }

  dynamic "notification" {
    for_each = local.warnings
    content {
      comparison_operator       = "GREATER_THAN"
      threshold                 = notification.value.percent
      threshold_type            = "PERCENTAGE"
      notification_type         = notification.value.kind
      subscriber_sns_topic_arns = [var.topic_arn]
    }
  }
}
