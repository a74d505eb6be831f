output "url" {
  description = "amqps://host:port, without credentials."
  value       = [for endpoint in aws_mq_broker.this.instances[0].endpoints : trimsuffix(endpoint, "/") if startswith(endpoint, "amqps://")][0]
}

output "bootstrap_password" {
  description = "The password that the broker was made with, which is no longer valid once run.py has replaced it."
  value       = terraform_data.bootstrap.output
  sensitive   = true
}

output "security_group_id" {
  description = "The group that lets clients in."
  value       = aws_security_group.this.id
}
