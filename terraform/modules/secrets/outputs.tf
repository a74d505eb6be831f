output "arns" {
  description = "ARN of each secret by label."
  value       = { for label, secret in aws_secretsmanager_secret.this : label => secret.arn }
}
