output "url" {
  description = "rediss://host:port of the primary, without credentials; the name follows a failover."
  value       = "${var.tls ? "rediss" : "redis"}://${aws_elasticache_replication_group.this.primary_endpoint_address}:${aws_elasticache_replication_group.this.port}"
}

output "user_id" {
  description = "The app's user, whose password is set after the apply; null without TLS."
  value       = one(aws_elasticache_user.app[*].user_id)
}

output "security_group_id" {
  description = "The group that lets clients in."
  value       = aws_security_group.this.id
}
