output "discovery" {
  description = "What hosts and pods find under the environment's SSM prefix."
  value       = local.discovery
}

output "instance_ids" {
  description = "EC2 instances by name."
  value       = local.instance_ids
}

output "role_arns" {
  description = "Role of each workload, and of the pipeline where one is named."
  value       = merge(module.identity.role_arns, one(module.delivery[*].role_arns))
}

output "registry_url" {
  description = "Where images of the app are pushed; null without a cluster."
  value       = one(module.registry[*].url)
}

output "store_users" {
  description = "ElastiCache users whose password run.py takes from Secrets Manager after an apply, as user id = label of the secret."
  value = merge(
    local.env.results.tls ? { (module.results.user_id) = "results_password" } : {},
    local.kind == "redis" && local.env.broker.redis.tls ? { (module.redis_broker[0].user_id) = "broker_password" } : {},
  )
}

output "broker_bootstrap_password" {
  description = "What Amazon MQ's user was made with; no longer valid once run.py has replaced it."
  value       = one(module.amazon_mq[*].bootstrap_password)
  sensitive   = true
}
