# What a pool's tasks need beside the platform, as its environment's file says it. A policy of its own: a reviewer sees
# what was asked for and what the platform needs apart from each other. A permissions boundary holds both.
data "aws_iam_policy_document" "own" {
  for_each = { for name, workload in var.workloads : name => workload if length(workload.statements) > 0 }

  dynamic "statement" {
    for_each = each.value.statements

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
  for_each = data.aws_iam_policy_document.own

  name   = "own"
  role   = aws_iam_role.this[each.key].id
  policy = each.value.json
}
