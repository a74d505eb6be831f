output "name" {
  description = "The cluster's name, once it is there."
  value       = aws_eks_cluster.this.name
}

output "security_group_id" {
  description = "What brokers and stores must let in: the group that EKS gives every node."
  value       = aws_eks_cluster.this.vpc_config[0].cluster_security_group_id
}
