output "url" {
  description = "amqps://host:port, without credentials."
  value       = [for endpoint in aws_mq_broker.this.instances[0].endpoints : trimsuffix(endpoint, "/") if startswith(endpoint, "amqps://")][0]
}
