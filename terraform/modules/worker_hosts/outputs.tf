output "security_group_ids" {
  description = "The security group of each pool, which brokers and stores must admit."
  value       = { for pool, group in aws_security_group.this : pool => group.id }
}

output "instance_ids" {
  description = "Instances by name."
  value       = { for name, host in module.host : name => host.instance_id }
}
