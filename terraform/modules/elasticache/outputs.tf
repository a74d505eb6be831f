output "address" {
  description = "host:port of the primary; the name follows a failover."
  value       = "${aws_elasticache_replication_group.this.primary_endpoint_address}:${aws_elasticache_replication_group.this.port}"
}
