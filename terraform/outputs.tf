output "discovery" {
  description = "What hosts and pods find under the environment's SSM prefix."
  value       = local.discovery
}

output "instance_ids" {
  description = "EC2 instances by name."
  value       = merge(module.worker_hosts.instance_ids, one(module.rabbitmq_hosts[*].instance_ids))
}
