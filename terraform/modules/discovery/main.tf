resource "aws_ssm_parameter" "this" {
  for_each = var.values

  name           = "${var.prefix}/${each.key}"
  type           = "String"
  insecure_value = each.value # not a secret: shown in plans, so that a reviewer sees a changed endpoint
}
