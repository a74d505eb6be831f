locals {
  with_statements = tomap({ for name, workload in var.workloads : name => name if length(workload.statements) > 0 })
}

# Further rights that a pool's tasks need, from the environment file. They are in a separate policy, so that a reviewer can
# tell them from the rights that the platform needs. The permissions boundary applies to both.
data "aws_iam_policy_document" "own" {
  for_each = local.with_statements

  dynamic "statement" {
    for_each = var.workloads[each.key].statements

    content {
      actions   = statement.value.actions
      resources = statement.value.resources

      dynamic "condition" {
        for_each = statement.value.conditions

        content {
          test     = condition.value.test
          variable = condition.value.variable
          values   = condition.value.values
        }
      }
    }
  }
}

resource "aws_iam_role_policy" "own" {
  for_each = local.with_statements

  name   = "own"
  role   = local.role_ids[each.key]
  policy = data.aws_iam_policy_document.own[each.key].json
}
