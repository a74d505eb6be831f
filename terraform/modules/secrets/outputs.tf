output "arns" {
  description = "ARN of each secret by label, available after its value was written."
  value       = { for label, version in aws_secretsmanager_secret_version.this : label => version.arn }
}
