output "boundary_arn" {
  description = "The permissions boundary of every role."
  value       = aws_iam_policy.boundary.arn
}

output "role_arns" {
  description = "The roles that the pipeline takes: plan and apply."
  value       = { for name, role in aws_iam_role.this : name => role.arn }
}
