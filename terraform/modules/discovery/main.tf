# Ours to remove, somebody else's to write.
resource "aws_ssm_parameter" "placed" {
  #checkov:skip=CKV2_AWS_34:endpoints, not secrets: reviewers see them in plans
  for_each = var.placed

  name           = "${var.prefix}/${each.key}"
  type           = "String"
  insecure_value = "not placed yet"

  lifecycle {
    ignore_changes = [insecure_value, value]
  }
}

resource "aws_ssm_parameter" "this" {
  #checkov:skip=CKV2_AWS_34:endpoints, not secrets: reviewers see them in plans

  for_each = var.values

  name           = "${var.prefix}/${each.key}"
  type           = "String"
  overwrite      = true       # a request repeated because its answer was lost would else meet its own parameter
  insecure_value = each.value # not a secret: shown in plans, so that a reviewer sees a changed endpoint
}
