output "boundary_arn" {
  description = "The ARN of the permissions boundary of every role."
  value       = aws_iam_policy.boundary.arn
}

output "role_arns" {
  description = "ARNs of the roles that the pipeline assumes: plan and apply."
  value       = { for name, role in aws_iam_role.this : name => role.arn }
}
