output "arns" {
  description = "ARN of each secret by label, once it has a value."
  value       = { for label, version in aws_secretsmanager_secret_version.this : label => version.arn }
}
