output "security_group_id" {
  description = "The security group that brokers and stores must admit."
  value       = aws_security_group.this.id
}

output "instance_ids" {
  description = "Instances by name."
  value       = { for name, host in module.host : name => host.instance_id }
}
