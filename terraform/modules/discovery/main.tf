# Terraform creates and removes these; Ansible writes their values.
resource "aws_ssm_parameter" "placed" {
  #checkov:skip=CKV2_AWS_34:endpoints are not secret; reviewers should see them in plans
  for_each = var.placed

  name           = "${var.prefix}/${each.key}"
  type           = "String"
  insecure_value = "not placed yet"

  lifecycle {
    ignore_changes = [insecure_value, value]
  }
}

resource "aws_ssm_parameter" "this" {
  #checkov:skip=CKV2_AWS_34:endpoints are not secret; reviewers should see them in plans

  for_each = var.values

  name           = "${var.prefix}/${each.key}"
  type           = "String"
  overwrite      = true       # a retry after a lost response would otherwise fail because the parameter exists
  insecure_value = each.value # not secret; visible in plans, so that a reviewer sees a changed endpoint
}
