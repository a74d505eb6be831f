output "worker_profiles" {
  description = "Instance profile of each pool on hosts."
  value       = { for pool in keys(var.pools) : pool => aws_iam_instance_profile.this["worker-${pool}"].name }
}

output "rabbitmq_profile" {
  description = "Instance profile of the RabbitMQ nodes, or null."
  value       = one([for role, profile in aws_iam_instance_profile.this : profile.name if role == "rabbitmq"])
}
