# Further rights that a pool's tasks need, from the environment file. They are in a separate policy, so that a reviewer can
# tell them from the rights that the platform needs. The permissions boundary applies to both.
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
