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

# What others need to attach to this environment: their security groups, policies and peerings name these.

output "network" {
  description = "The VPC, its addresses and its private subnets by zone."
  value       = { vpc_id = local.vpc_id, cidr = local.env.network.cidr, private_subnet_ids = local.private_subnet_ids }
}

output "security_group_ids" {
  description = "Security groups of the hosts of each pool, of the cluster's nodes, of the broker and of the result store; null where there is none."
  value = {
    hosts      = module.worker_hosts.security_group_ids
    eks        = try(local.own_clients.eks.security_group_id, null)
    broker     = try(coalesce(one(module.rabbitmq_hosts[*].security_group_id), one(module.amazon_mq[*].security_group_id), one(module.redis_broker[*].security_group_id)), null)
    results    = module.results.security_group_id
    monitoring = one(module.monitoring_host[*].security_group_id)
  }
}

output "secret_arns" {
  description = "ARN of each secret by label."
  value       = module.secrets.arns
}

output "queue_arns" {
  description = "ARN of each SQS queue by label, for the policies of publishers that have a role of their own; empty on other brokers."
  value       = local.kind == "sqs" ? module.sqs[0].arns : {}
}

output "bucket_arns" {
  description = "ARN of each of the application's buckets by label."
  value       = { for label, bucket in module.buckets : label => bucket.arn }
}

output "cluster_name" {
  description = "The EKS cluster whose pods have our roles; null without one."
  value       = local.env.eks.enabled ? local.env.eks.name : null
}

output "key_arn" {
  description = "The KMS key of secrets, logs and images."
  value       = module.key.arn
}
