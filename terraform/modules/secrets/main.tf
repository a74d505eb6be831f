locals {
  all = merge(var.generated, var.supplied)
}

# Ephemeral and written through a write-only argument, so that the value is in neither the plan nor the state.
ephemeral "aws_secretsmanager_random_password" "this" {
  for_each = local.all

  password_length     = 40
  exclude_punctuation = true # the value is also used in URLs and in RabbitMQ's configuration
}

resource "aws_secretsmanager_secret" "this" {
  #checkov:skip=CKV2_AWS_57:rotated by a playbook or a person, together with the broker or store that uses it

  for_each = local.all

  name       = each.value
  kms_key_id = var.key_arn
  # Days in which a deletion can be undone. 0 for generated secrets, because their names are needed at the next apply.
  recovery_window_in_days = contains(keys(var.supplied), each.key) ? 7 : 0
}

resource "aws_secretsmanager_secret_version" "this" {
  for_each = local.all

  secret_id                = aws_secretsmanager_secret.this[each.key].id
  secret_string_wo         = ephemeral.aws_secretsmanager_random_password.this[each.key].random_password
  secret_string_wo_version = 1 # written once; people and playbooks rotate values, an apply does not
}
