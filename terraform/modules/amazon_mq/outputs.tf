output "url" {
  description = "amqps://host:port, without credentials."
  value       = [for endpoint in aws_mq_broker.this.instances[0].endpoints : trimsuffix(endpoint, "/") if startswith(endpoint, "amqps://")][0]
}

output "bootstrap_password" {
  description = "The password that the broker was created with. It is invalid as soon as run.py has replaced it."
  value       = terraform_data.bootstrap.output
  sensitive   = true
}

output "security_group_id" {
  description = "The security group that admits clients."
  value       = aws_security_group.this.id
}
