output "security_group_ids" {
  description = "The security group of each pool."
  value       = local.group_ids
}

output "clients_security_group_id" {
  description = "The security group of the hosts of all pools, which brokers and stores must admit; null without hosts."
  value       = one(aws_security_group.clients[*].id)
}

output "instance_ids" {
  description = "Instances by name."
  value       = { for name, host in module.host : name => host.instance_id }
}
