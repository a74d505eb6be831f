output "instance_profiles" {
  description = "Instance profile of each workload on hosts."
  value       = { for name in keys(local.on_hosts) : name => aws_iam_instance_profile.this[name].name }
}

output "pod_roles" {
  description = "Role of each workload in pods, by its service account as namespace/name."
  value       = { for name, workload in local.on_pods : workload.service_account => aws_iam_role.this[name].arn }
}

output "role_arns" {
  description = "Role of each workload."
  value       = { for name, role in aws_iam_role.this : name => role.arn }
}
