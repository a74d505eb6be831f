resource "aws_ssm_parameter" "this" {
  #checkov:skip=CKV2_AWS_34:endpoints, not secrets: reviewers see them in plans

  for_each = var.values

  name           = "${var.prefix}/${each.key}"
  type           = "String"
  overwrite      = true       # a request repeated because its answer was lost would else meet its own parameter
  insecure_value = each.value # not a secret: shown in plans, so that a reviewer sees a changed endpoint
}
