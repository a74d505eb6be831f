# A stream for each host, which the host creates (Ansible's role log_shipping).
resource "aws_cloudwatch_log_group" "this" {
  name              = var.name
  retention_in_days = var.retention_days
  kms_key_id        = var.key_arn
}
