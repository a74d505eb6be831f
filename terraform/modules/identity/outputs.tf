output "instance_profiles" {
  description = "Name of the instance profile of each workload on hosts."
  value       = { for name in keys(local.on_hosts) : name => aws_iam_instance_profile.this[name].name }
}

output "pod_roles" {
  description = "ARN of the role of each workload in pods, by service account as namespace/name."
  value       = { for name, workload in local.on_pods : workload.service_account => aws_iam_role.this[name].arn }
}

output "role_arns" {
  description = "ARN of the role of each workload."
  value       = { for name, role in aws_iam_role.this : name => role.arn }
}
