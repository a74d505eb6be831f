output "discovery" {
  description = "Values that hosts and pods look up under the environment's SSM prefix."
  value       = local.discovery
}

output "instance_ids" {
  description = "EC2 instances by name."
  value       = local.instance_ids
}

output "role_arns" {
  description = "ARN of the role of each workload, and of the pipeline if the environment has one."
  value       = merge(module.identity.role_arns, one(module.delivery[*].role_arns))
}

output "registry_url" {
  description = "URL of the app's image repository; null without a cluster."
  value       = one(module.registry[*].url)
}

output "store_users" {
  description = "ElastiCache users whose password run.py sets from Secrets Manager after an apply, as user id = label of the secret."
  value = merge(
    local.env.results.tls ? { (module.results.user_id) = "results_password" } : {},
    local.kind == "redis" && local.env.broker.redis.tls ? { (module.redis_broker[0].user_id) = "broker_password" } : {},
  )
}

output "broker_bootstrap_password" {
  description = "The password that Amazon MQ's user was created with. It is invalid as soon as run.py has replaced it."
  value       = one(module.amazon_mq[*].bootstrap_password)
  sensitive   = true
}

# For other configurations that refer to this environment in security groups, policies and peerings.

output "network" {
  description = "The VPC, its CIDR block and its private subnets by zone."
  value       = { vpc_id = local.vpc_id, cidr = local.env.network.cidr, private_subnet_ids = local.private_subnet_ids }
}

output "security_group_ids" {
  description = "Security groups of the hosts of each pool, of the hosts of all pools, of the cluster's nodes, of the broker and of the result store; null if there is none."
  value = {
    hosts      = module.worker_hosts.security_group_ids
    clients    = module.worker_hosts.clients_security_group_id
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
  description = "ARN of each SQS queue by label, for policies of publishers with their own role; empty with other brokers."
  value       = local.kind == "sqs" ? module.sqs[0].arns : {}
}

output "bucket_arns" {
  description = "ARN of each of the application's buckets by label."
  value       = { for label, bucket in module.buckets : label => bucket.arn }
}

output "cluster_name" {
  description = "Name of the EKS cluster that runs pools; null without one."
  value       = local.env.eks.enabled ? local.env.eks.name : null
}

output "signing_key_arn" {
  description = "The KMS key that signs the records of releases, for the policies of those who push and deploy."
  value       = module.signing_key.arn
}

output "release_bucket_arn" {
  description = "The bucket of releases, for the same."
  value       = module.releases.arn
}

output "key_arn" {
  description = "The KMS key of secrets, logs and images."
  value       = module.key.arn
}
