output "url" {
  description = "rediss://host:port of the primary, without credentials. After a failover, the name points to the new primary."
  value       = "${var.tls ? "rediss" : "redis"}://${aws_elasticache_replication_group.this.primary_endpoint_address}:${aws_elasticache_replication_group.this.port}"
}

output "user_id" {
  description = "The app's user, whose password run.py sets after the apply. Null without TLS."
  value       = one(aws_elasticache_user.app[*].user_id)
}

output "security_group_id" {
  description = "The security group that admits clients."
  value       = aws_security_group.this.id
}
