# Without values: the first one is written after the apply (runner/first_values.py), and people and playbooks write later ones. A
# version in Terraform's state would be the first one for ever. Secrets Manager deletes versions that two newer ones have
# followed, and Terraform would then write a new random value over the one in use.
resource "aws_secretsmanager_secret" "this" {
  #checkov:skip=CKV2_AWS_57:rotated by a playbook or a person, together with the broker or store that uses it

  for_each = merge(var.generated, var.supplied)

  name       = each.value
  kms_key_id = var.key_arn
  # Days in which a deletion can be undone. 0 for generated secrets, because their names are needed at the next apply; what
  # deletes one of a locked environment is refused (runner/losses.py).
  recovery_window_in_days = contains(keys(var.supplied), each.key) ? 7 : 0
}
